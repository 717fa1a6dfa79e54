/** The run in time: who had which processor, what happened in which order, and what caused what. A click goes there. */
import { useEffect, useState } from 'preact/hooks';
import type { LabClient } from './lab-client.ts';
import './timeline.css';
import { Lanes } from './timeline/lanes.tsx';
import { TimelineModel, ZOOM } from './timeline/model.ts';
import { inWords } from './timeline/rows.ts';
import { instant } from './timeline/stretch.ts';
import { Strip } from './timeline/strip.tsx';
import { sumOf } from './timeline/sum.ts';

export function Timeline({ client }: { client: LabClient }) {
  const [model] = useState(() => new TimelineModel(client));
  useEffect(() => model.listen(), [model]);
  const isOpen = model.isOpen.value;
  return (
    <section class={isOpen ? 'panel timeline open' : 'panel timeline'} aria-label="Timeline" data-pane>
      {isOpen && <Tools model={model} running={client.state.value.running} />}
      <div class="timeline-head">
        <Strip client={client} model={model} />
        <button
          class="small"
          aria-expanded={isOpen}
          data-testid="timeline-open"
          title="Every event of what is shown, in lanes: who ran, what was called, what woke whom"
          onClick={() => {
            model.isOpen.value = !isOpen;
          }}
        >
          {isOpen ? 'Only the run' : 'Every event'}
        </button>
      </div>
      {isOpen && (
        <>
          <Lanes client={client} model={model} />
          <p class="timeline-tells" id="timeline-tells" role="status" data-testid="timeline-tells">
            {tell(model)}
          </p>
        </>
      )}
    </section>
  );
}

/** What has the focus or is selected, in words; else what there is to see. */
function tell(model: TimelineModel): string {
  const exact = model.exact.value;
  const selected = model.selected.value;
  const focus = model.focus.value;
  if (selected !== null)
    return exact === null ? 'Zoom in to have what is selected summed up.' : sumOf(exact, selected);
  const item = focus === null ? undefined : model.item(focus);
  if (focus === null || item === undefined) return model.hint;
  const lane = exact!.lanes[focus.lane]!.name;
  return `${lane}, ${instant(item.fromNs)}: ${inWords(item)}. Enter goes there.`;
}

function Tools({ model, running }: { model: TimelineModel; running: boolean }) {
  const isFound = model.filter.value !== '';
  return (
    <div class="timeline-tools">
      <h2>Timeline</h2>
      <button
        class="small"
        onClick={() => {
          model.stretch.value = null;
        }}
        title="Key in the lanes: 0"
      >
        Whole run
      </button>
      <button
        class="small"
        onClick={() => {
          model.around();
        }}
        title="Half a millisecond around the instant at which the host stands"
      >
        Around now
      </button>
      <button
        class="small"
        onClick={() => {
          model.zoom(1 / ZOOM);
        }}
        aria-label="Zoom in"
        title="Zoom in: wheel, pinch, or + in the lanes"
      >
        +
      </button>
      <button
        class="small"
        onClick={() => {
          model.zoom(ZOOM);
        }}
        aria-label="Zoom out"
        title="Zoom out: wheel, pinch, or - in the lanes"
      >
        −
      </button>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          model.stepFound(1);
        }}
      >
        <input
          type="text"
          size={20}
          list="events"
          placeholder="find: hypercall mmu_update"
          aria-label="Find events in what is shown"
          value={model.filter.value}
          onChange={(event) => {
            model.find(event.currentTarget.value);
          }}
        />
        <button
          type="button"
          class="small"
          disabled={!isFound}
          aria-label="Previous found"
          onClick={() => {
            model.stepFound(-1);
          }}
        >
          ◀
        </button>
        <button
          type="button"
          class="small"
          disabled={!isFound}
          aria-label="Next found"
          onClick={() => {
            model.stepFound(1);
          }}
        >
          ▶
        </button>
        <small>in the whole run:</small>
        <button
          type="button"
          class="small"
          disabled={!isFound || running}
          title="The run goes back to the last event like this"
          aria-label="Back to the last one in the whole run"
          onClick={() => {
            model.seek('back');
          }}
        >
          ◀◀
        </button>
        <button
          type="button"
          class="small"
          disabled={!isFound || running}
          title="The run goes on to the next event like this"
          aria-label="On to the next one in the whole run"
          onClick={() => {
            model.seek('forth');
          }}
        >
          ▶▶
        </button>
      </form>
    </div>
  );
}
