/**
 * XML-RPC as xm of Xen 3 used it: xend.domains, xend.domain, xend.node.info and what changes something, xend.domain.pause and the like.
 * An S-expression is an array of arrays and strings.
 */
import { listDomains } from 'dom0/lib/domains';
import { parseSxp, Sxp } from 'dom0/lib/sxp';
import { acts, commandOf } from './commands';
import { nodeSxp } from './requests';
import { output, outputStatus } from './run';

/** Names of methods whose operation is called otherwise. */
const NAMES: string[] = ['setMemoryTarget', 'setMemoryMaximum', 'setVCpuCount', 'setName'];
const OPS: string[] = ['mem_target_set', 'maxmem_set', 'set_vcpus', 'rename'];
const DOMAIN: string = 'xend.domain.';

/** The answer to a call: a methodResponse, or a fault. */
export function answerXmlRpc(call: string): string {
  const name = between(call, 'methodName', 0).trim();
  const parameters = parametersIn(call);
  if (name == 'xend.domains') return response(domains(parameters.length == 0 || parameters[0] == '1'));
  if (name == 'xend.domain')
    return told(['xm', 'list', '--long', parameters.length > 0 ? parameters[0] : '']);
  if (name == 'xend.node.info') return response(valueOf(parseSxp(nodeSxp())[0]));
  if (name == 'xend.node.log' || name == 'xend.node.dmesg.info')
    return response(text(output(['xm', name == 'xend.node.log' ? 'log' : 'dmesg'])));
  const method = name.startsWith(DOMAIN) ? name.substring(DOMAIN.length) : '';
  const other = NAMES.indexOf(method);
  const command = commandOf(other >= 0 ? OPS[other] : method);
  if (command == null) return fault('method "' + name + '" is not supported');
  const wanted = command.fields.length + (command.isOfDomain ? 1 : 0);
  if (command.op == 'shutdown' && parameters.length == 1) parameters.push('poweroff');
  if (parameters.length != wanted) return fault(name + ': it takes ' + wanted.toString() + ' parameters');
  const problem = acts(command, parameters);
  return problem == '' ? response('<value><int>0</int></value>') : fault(problem);
}

/** Of all domains: what xm tells of each, or their names. */
function domains(withDetails: bool): string {
  const all = listDomains();
  let values = '';
  for (let n = 0; n < all.length; n++) {
    if (!withDetails) values += text(all[n].name);
    else {
      const found = parseSxp(output(['xm', 'list', '--long', all[n].id.toString()]));
      if (outputStatus == 0 && found.length > 0) values += valueOf(found[0]);
    }
  }
  return array(values);
}

function told(words: string[]): string {
  const said = output(words);
  const found = outputStatus == 0 ? parseSxp(said) : [];
  return found.length > 0 ? response(valueOf(found[0])) : fault(said.trim().replace('xm: ', ''));
}

/** What stands between the first tags of a name from a place on; empty: there are none. */
function between(xml: string, name: string, from: i32): string {
  const start = xml.indexOf('<' + name + '>', from);
  const end = start < 0 ? -1 : xml.indexOf('</' + name + '>', start);
  return end < 0 ? '' : xml.substring(start + name.length + 2, end);
}

/** The parameters as texts; an array, which is an S-expression, as one. */
function parametersIn(call: string): string[] {
  const found: string[] = [];
  for (let at = call.indexOf('<param>'); at >= 0; at = call.indexOf('<param>', at + 1))
    found.push(valueText(between(call, 'param', at)));
  return found;
}

function valueText(xml: string): string {
  const reader = new ValueReader(xml);
  return reader.read();
}

/** Reads `<value>` as a text: of an array, an S-expression. */
class ValueReader {
  private at: i32 = 0;

  constructor(private xml: string) {}

  read(): string {
    this.at = this.xml.indexOf('<value>', this.at);
    if (this.at < 0) {
      this.at = this.xml.length;
      return '';
    }
    this.at += 7;
    const rest = this.xml.substring(this.at).trimStart();
    if (rest.startsWith('<array>')) return this.array();
    const end = this.xml.indexOf('</value>', this.at);
    const inside = this.xml.substring(this.at, end < 0 ? this.xml.length : end);
    this.at = end < 0 ? this.xml.length : end + 8;
    return plain(inside);
  }

  private array(): string {
    const items: string[] = [];
    for (;;) {
      const next = this.xml.indexOf('<value>', this.at);
      const end = this.xml.indexOf('</array>', this.at);
      if (next < 0 || (end >= 0 && end < next)) {
        this.at = end < 0 ? this.xml.length : end + 8;
        break;
      }
      this.at = next;
      const item = this.read();
      items.push(item.startsWith('(') || !item.includes(' ') ? item : "'" + item + "'");
    }
    return '(' + items.join(' ') + ')';
  }
}

/** Without the tags of its type. */
function plain(inside: string): string {
  let said = inside.trim();
  if (said.startsWith('<') && said.includes('>'))
    said = said.substring(said.indexOf('>') + 1, max(said.lastIndexOf('<'), 0));
  return said.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function text(said: string): string {
  const escaped = said.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return '<value><string>' + escaped + '</string></value>\n';
}
function array(values: string): string {
  return '<value><array><data>\n' + values + '</data></array></value>\n';
}
function valueOf(sxp: Sxp): string {
  if (!sxp.isList) return text(sxp.text);
  let values = '';
  for (let n = 0; n < sxp.items.length; n++) values += valueOf(sxp.items[n]);
  return array(values);
}

const HEAD = "<?xml version='1.0'?>\n<methodResponse>\n";

function response(value: string): string {
  return HEAD + '<params>\n<param>\n' + value + '</param>\n</params>\n</methodResponse>\n';
}

/** Of what could not be done; the number is xend's for all that is no fault of the server's own. */
function fault(what: string): string {
  const members =
    '<member><name>faultCode</name><value><int>1</int></value></member>\n' +
    '<member><name>faultString</name>' +
    text(what) +
    '</member>\n';
  return HEAD + '<fault>\n<value><struct>\n' + members + '</struct></value>\n</fault>\n</methodResponse>\n';
}
