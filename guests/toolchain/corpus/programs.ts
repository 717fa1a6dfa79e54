/**
 * Programs that use much of the language and its collector: a JSON parser and printer, big integers, a small interpreter,
 * sorting and maps. Each returns a checksum of what it did.
 */

/** FNV-1a over the characters of a text. */
function hash(text: string): u32 {
  let h: u32 = 2166136261;
  for (let i = 0; i < text.length; i++) h = (h ^ text.charCodeAt(i)) * 16777619;
  return h;
}

// JSON: values as a small class tree.

abstract class Json {
  abstract print(): string;
  weigh(): f64 {
    return 1;
  }
}
class JsonNumber extends Json {
  constructor(public value: f64) {
    super();
  }
  print(): string {
    return this.value.toString();
  }
  weigh(): f64 {
    return this.value;
  }
}
class JsonText extends Json {
  constructor(public text: string) {
    super();
  }
  print(): string {
    return '"' + this.text + '"';
  }
}
class JsonWord extends Json {
  constructor(public word: string) {
    super();
  }
  print(): string {
    return this.word;
  }
}
class JsonList extends Json {
  items: Json[] = [];
  print(): string {
    return '[' + this.items.map<string>((item) => item.print()).join(',') + ']';
  }
  weigh(): f64 {
    let sum: f64 = 0;
    for (let i = 0; i < this.items.length; i++) sum += this.items[i].weigh();
    return sum;
  }
}
class JsonObject extends Json {
  members: Map<string, Json> = new Map();
  print(): string {
    const keys = this.members.keys();
    keys.sort();
    let text = '{';
    for (let i = 0; i < keys.length; i++)
      text += (i > 0 ? ',"' : '"') + keys[i] + '":' + this.members.get(keys[i]).print();
    return text + '}';
  }
  weigh(): f64 {
    let sum: f64 = 0;
    const values = this.members.values();
    for (let i = 0; i < values.length; i++) sum += values[i].weigh();
    return sum;
  }
}

class Parser {
  at: i32 = 0;
  constructor(public text: string) {}

  private skip(): void {
    while (this.at < this.text.length && this.text.charCodeAt(this.at) <= 32) this.at++;
  }

  private take(code: i32): bool {
    this.skip();
    if (this.at >= this.text.length || this.text.charCodeAt(this.at) != code) return false;
    this.at++;
    return true;
  }

  private quoted(): string {
    const start = this.at;
    while (this.text.charCodeAt(this.at) != 0x22) this.at++;
    return this.text.substring(start, this.at++);
  }

  value(): Json {
    if (this.take(0x5b)) {
      const list = new JsonList();
      while (!this.take(0x5d)) {
        list.items.push(this.value());
        this.take(0x2c);
      }
      return list;
    }
    if (this.take(0x7b)) {
      const object = new JsonObject();
      while (!this.take(0x7d)) {
        this.take(0x22);
        const key = this.quoted();
        this.take(0x3a);
        object.members.set(key, this.value());
        this.take(0x2c);
      }
      return object;
    }
    if (this.take(0x22)) return new JsonText(this.quoted());
    const start = this.at;
    while (this.at < this.text.length && ',]} \n'.indexOf(this.text.charAt(this.at)) < 0) this.at++;
    const word = this.text.substring(start, this.at);
    return word == 'true' || word == 'false' || word == 'null'
      ? new JsonWord(word)
      : new JsonNumber(parseFloat(word));
  }
}

export function json(rounds: i32): u32 {
  let text =
    '{"numbers":[1,-2.5,3e10,0.1,1e-7,123456789.125],"b":{"x":true,"y":null,"z":"some text"},"a":[[],{},[1,[2,[3]]]]}';
  let sum: f64 = 0;
  for (let i = 0; i < rounds; i++) {
    const value = new Parser(text).value();
    sum += value.weigh() / (i + 1);
    const list = new JsonList();
    list.items.push(value);
    list.items.push(new JsonNumber(sum));
    text = i % 4 == 3 ? value.print() : '{"again":' + list.print() + '}';
  }
  return hash(text) ^ (<u32>reinterpret<u64>(sum));
}

/** Factorials and powers in base 2^32, printed in decimal by division. */
export function big(n: i32): u32 {
  const digits: u32[] = [1];
  for (let factor: u64 = 2; factor <= <u64>n; factor++) {
    let carry: u64 = 0;
    for (let i = 0; i < digits.length; i++) {
      const product = <u64>digits[i] * factor + carry;
      digits[i] = <u32>product;
      carry = product >> 32;
    }
    if (carry != 0) digits.push(<u32>carry);
  }
  let text = '';
  while (digits.length > 0) {
    let rest: u64 = 0;
    for (let i = digits.length - 1; i >= 0; i--) {
      const part = (rest << 32) | digits[i];
      digits[i] = <u32>(part / 1000000000);
      rest = part % 1000000000;
    }
    while (digits.length > 0 && digits[digits.length - 1] == 0) digits.pop();
    text = (digits.length > 0 ? rest.toString().padStart(9, '0') : rest.toString()) + text;
  }
  return hash(text);
}

/** A stack machine with a switch, running a program that sums primes. */
const PROGRAM: StaticArray<i32> = [
  // prettier-ignore
  0,
  2,
  1,
  0,
  0,
  0,
  1,
  1, // n = 2; sum = 0
  2,
  0,
  0,
  2,
  1,
  2, // d = 2
  2,
  2,
  2,
  2,
  4,
  2,
  0,
  5,
  8,
  28, // while d * d <= n
  2,
  0,
  2,
  2,
  6,
  8,
  44, // if n % d == 0 goto next
  2,
  2,
  0,
  1,
  3,
  1,
  2,
  7,
  14, // d++
];

export function interpreter(limit: i32): u32 {
  const memory = new StaticArray<i32>(8);
  const stack: i32[] = [];
  let pc = 0;
  let steps: u32 = 0;
  let sum: u32 = 0;
  while (memory[0] < limit && steps < 2000000) {
    steps++;
    if (pc >= PROGRAM.length) {
      memory[0]++;
      sum = sum * 31 + <u32>memory[2];
      pc = 10;
    }
    const code = PROGRAM[pc++];
    switch (code) {
      case 0:
        stack.push(PROGRAM[pc++]);
        break;
      case 1:
        memory[PROGRAM[pc++] & 7] = stack.length > 0 ? stack.pop() : 0;
        break;
      case 2:
        stack.push(memory[PROGRAM[pc++] & 7]);
        break;
      case 3:
        if (stack.length > 1) stack.push(stack.pop() + stack.pop());
        break;
      case 4:
        if (stack.length > 1) stack.push(stack.pop() * stack.pop());
        break;
      case 5:
        if (stack.length > 1) stack.push(i32(stack.pop() > stack.pop()));
        break;
      case 6:
        if (stack.length > 1) {
          const divisor = stack.pop();
          stack.push(divisor == 0 ? 0 : stack.pop() % divisor);
        }
        break;
      case 7:
        pc = PROGRAM[pc] % PROGRAM.length;
        break;
      case 8: {
        const target = PROGRAM[pc++];
        if (stack.length > 0 && stack.pop() == 0) pc = target;
        break;
      }
      default:
        stack.length = 0;
    }
    if (stack.length > 100) stack.length = 0;
  }
  return sum ^ steps;
}

/** What the comparison below looks at: a function of the language holds no variables of another. */
let counts = new Map<string, i32>();

/** Maps of texts, sorted by a comparison, with much garbage. */
export function words(count: i32): u32 {
  const seen = new Map<string, i32>();
  let state: u32 = 12345;
  for (let i = 0; i < count; i++) {
    let word = '';
    for (let n = 0; n < 3; n++) {
      state = state * 1664525 + 1013904223;
      word += String.fromCharCode(97 + ((state >> 24) % 6));
    }
    seen.set(word, seen.has(word) ? seen.get(word) + 1 : 1);
  }
  const keys = seen.keys();
  counts = seen;
  keys.sort((a, b) => {
    const order = counts.get(b) - counts.get(a);
    return order != 0 ? order : a < b ? -1 : 1;
  });
  return hash(keys.map<string>((key, n) => key + n.toString()).join(' '));
}
/** Floats to text and back, with the functions of the language's own library. */
export function floats(count: i32): u32 {
  let h: u32 = 0;
  let x: f64 = 0.1;
  for (let i = 0; i < count; i++) {
    x = Math.sin(x * 1.7) * 1000 + Math.sqrt(Math.abs(x)) + Math.pow(1.01, <f64>i % 300);
    const text = x.toString();
    const back = parseFloat(text);
    h = (h * 31) ^ hash(text) ^ (<u32>Math.floor(back)) ^ (<u32>reinterpret<u32>(<f32>back));
    x = x % 97;
  }
  return h;
}

/** The collector at work: trees made and dropped. */
class Tree {
  constructor(
    public left: Tree | null,
    public right: Tree | null,
  ) {}
  count(): i32 {
    const left = this.left;
    const right = this.right;
    return 1 + (left ? left.count() : 0) + (right ? right.count() : 0);
  }
}
function grow(depth: i32): Tree {
  return depth == 0 ? new Tree(null, null) : new Tree(grow(depth - 1), grow(depth - 1));
}
export function trees(depth: i32): u32 {
  let sum = 0;
  const kept = grow(depth);
  for (let i = 0; i < 20; i++) sum += grow(depth - 2).count() * (i + 1);
  return sum + kept.count();
}
