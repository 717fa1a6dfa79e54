/** The processes of a domain, in its box: as far as its kernel is one that is known. */
import type { StageDomain } from '../../lab/stage/view.ts';
import { domainName, fitted } from './color.ts';
import type { DomainPicture } from './layout.ts';
import { ThingView } from './things.tsx';

interface ProcessesProps {
  readonly picture: DomainPicture;
  readonly domain: StageDomain;
  readonly index: number;
}

export function Processes({ picture: { processes, moreProcesses }, domain, index }: ProcessesProps) {
  return (
    <>
      {processes.map(({ process: { pid, name, isLoaded }, rect: { x, y, w, h } }) => (
        <ThingView
          key={pid}
          host={index}
          thing={{ kind: 'process', domain: domain.id, pid }}
          label={`Process ${String(pid)} of ${domainName(domain)}, ${name}${isLoaded ? ': its address space is loaded' : ''}`}
          class={isLoaded ? 'process loaded' : 'process'}
          texts={
            <text class="small" x={x + w / 2} y={y + 13} text-anchor="middle">
              {fitted(name, w - 6, 6)}
            </text>
          }
        >
          <rect x={x} y={y} width={w} height={h} rx={h / 2} />
        </ThingView>
      ))}
      {moreProcesses !== null && (
        <text class="dim" x={moreProcesses.at.x} y={moreProcesses.at.y}>
          +{moreProcesses.count}
        </text>
      )}
    </>
  );
}
