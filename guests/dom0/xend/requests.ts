/** What is asked of xend by HTTP, and its answers: S-expressions. */
import { listDomains } from 'dom0/lib/domains';
import { decoded, fieldsOf } from 'dom0/lib/http-message';
import { atom } from 'dom0/lib/sxp';
import { acts, Command, commandOf } from './commands';
import { output, outputStatus } from './run';

/** Of the last answer. */
export let status: string = '200 OK';
export let contentType: string = 'application/sxp';

const TEXT: string = 'text/plain';

export function answerRequest(method: string, target: string, body: string): string {
  status = '200 OK';
  contentType = 'application/sxp';
  const parts = target
    .split('?')[0]
    .split('/')
    .filter((part) => part != '');
  const isPost = method == 'POST';
  if (!isPost && method != 'GET' && method != 'HEAD') return fail('405 Method Not Allowed', method);
  if (parts.length == 0) return '(xend)\n';
  if (parts[0] != 'xend' || parts.length > 3) return fail('404 Not Found', target);
  if (parts.length == 1) return '(domain node)\n';
  if (parts[1] == 'node') return isPost ? fail('405 Method Not Allowed', method) : node(parts);
  if (parts[1] != 'domain') return fail('404 Not Found', target);
  if (isPost) return act(parts.length == 3 ? decoded(parts[2]) : '', body);
  return parts.length == 2 ? domains(target.includes('detail=1')) : domain(decoded(parts[2]));
}

function fail(how: string, what: string): string {
  status = how;
  return '(xend.err ' + atom(what) + ')\n';
}

function domains(withDetails: bool): string {
  if (withDetails) return '(\n' + output(['xm', 'list', '--long']) + ')\n';
  return (
    '(' +
    listDomains()
      .map<string>((each) => each.name)
      .join(' ') +
    ')\n'
  );
}

function domain(name: string): string {
  const told = output(['xm', 'list', '--long', name]);
  return outputStatus == 0 ? told : fail('404 Not Found', told.trim());
}

function node(parts: string[]): string {
  const what = parts.length == 3 ? parts[2] : '';
  if (what == '') return nodeSxp();
  if (what != 'log' && what != 'dmesg') return fail('404 Not Found', what);
  contentType = TEXT;
  return output(['xm', what]);
}

/** As `xm info` tells it. */
export function nodeSxp(): string {
  const lines = output(['xm', 'info']).split('\n');
  let text = '(node\n';
  for (let n = 0; n < lines.length; n++) {
    const colon = lines[n].indexOf(':');
    if (colon > 0)
      text +=
        '    (' +
        lines[n].substring(0, colon).trim() +
        ' ' +
        atom(lines[n].substring(colon + 1).trim()) +
        ')\n';
  }
  return text + ')\n';
}

/** Does what a form asks for: `op`, and what that needs. */
function act(name: string, body: string): string {
  const fields = fieldsOf(body);
  const op = fields.has('op') ? fields.get('op') : '';
  const command: Command | null = commandOf(op);
  if (command == null) return fail('400 Bad Request', 'there is no operation ' + op);
  const values: string[] = [];
  if (command.isOfDomain) values.push(name);
  for (let n = 0; n < command.fields.length; n++) {
    if (!fields.has(command.fields[n]))
      return fail('400 Bad Request', op + ': ' + command.fields[n] + ' is missing');
    values.push(fields.get(command.fields[n]));
  }
  const told = acts(command, values);
  return told == '' ? '()\n' : fail('500 Internal Server Error', told);
}
