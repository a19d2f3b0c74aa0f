/** One configuration file with the place of everything in it, so that a mistake is reported as `file:line:column: what is wrong; the fix`. */
import { isMap, isScalar, isSeq, LineCounter, parseDocument, Scalar, type Document, type Node } from 'yaml';
import type { z } from 'zod';

export interface Problem {
  /** Relative to the configuration folder. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly fix: string;
}

export function inWords({ file, line, column, message, fix }: Problem): string {
  return `${file}:${line}:${column}: ${message}; ${fix}`;
}

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

export class PositionedFile {
  readonly problems: Problem[] = [];
  private readonly lines = new LineCounter();
  private readonly document: Document.Parsed;

  /** YAML, of which JSON is a part. */
  constructor(
    readonly file: string,
    private readonly text: string,
  ) {
    this.document = parseDocument(text, { lineCounter: this.lines });
    for (const { message, pos } of this.document.errors) {
      this.add(pos[0], (message.split('\n')[0] ?? message).replace(/ at line .*$/, ''), 'correct the YAML');
    }
  }

  /** What the file says, when it has this shape; every way in which it has not becomes a problem. */
  read<S extends z.ZodType>(schema: S): z.output<S> | undefined {
    if (this.problems.length > 0) return undefined;
    const read = schema.safeParse(this.document.toJS());
    if (read.success) return read.data;
    for (const issue of read.error.issues) this.report(issue, []);
    return undefined;
  }

  /** A problem with the value at a path; with its key when the value says nothing of its own. */
  problem(path: Path, message: string, fix: string): void {
    this.add(this.startOf(path), message, fix);
  }

  /** A problem inside a text, at a character of it. */
  problemInText(path: Path, character: number, message: string, fix: string): void {
    const node = this.nodeAt(path);
    this.add(isScalar(node) && typeof node.value === 'string' ? this.offsetInside(node, character) : this.startOf(path), message, fix);
  }

  private add(offset: number, message: string, fix: string): void {
    const { line, col } = this.lines.linePos(offset);
    this.problems.push({ file: this.file, line: Math.max(line, 1), column: Math.max(col, 1), message, fix });
  }

  private report(issue: Issue, above: Path): void {
    const path = [...above, ...issue.path];
    const name = path.map(String).join('.') || 'the file';
    switch (issue.code) {
      case 'unrecognized_keys':
        for (const key of issue.keys)
          this.add(this.keyOf([...path, key]), `there is no field "${key}" here`, 'take it out, or correct its name');
        return;
      case 'invalid_union':
        return this.reportUnion(issue, path);
      case 'invalid_value':
        return this.problem(
          path,
          `${name} ${this.nodeAt(path) ? 'has a value it cannot have' : 'is missing'}`,
          `use one of ${issue.values.map(String).join(', ')}`,
        );
      case 'invalid_type':
        return this.nodeAt(path)
          ? this.problem(path, `${name} is not of the right kind`, `write ${issue.expected}`)
          : this.problem(path, `${name} is missing`, 'add it');
      case 'invalid_format':
        return this.problem(
          path,
          `${name} is not written as it should be`,
          issue.format === 'regex' ? issue.message : `write ${issue.format === 'date' ? 'a date, YYYY-MM-DD' : issue.format}`,
        );
      case 'custom':
        return this.problem(path, issue.message, typeof issue.params?.['fix'] === 'string' ? issue.params['fix'] : 'correct it');
      case 'too_small':
      case 'too_big':
      case 'not_multiple_of':
      case 'invalid_key':
      case 'invalid_element':
        return this.problem(path, `${name}: ${issue.message.replace(/^./, (letter) => letter.toLowerCase())}`, 'correct it');
    }
  }

  /** Of several shapes, the one that went furthest is the one that was meant. */
  private reportUnion({ errors }: Extract<Issue, { code: 'invalid_union' }>, path: Path): void {
    const depth = (issues: readonly Issue[]): number =>
      Math.max(
        0,
        ...issues.map((issue) => issue.path.length + (issue.code === 'invalid_union' ? Math.max(0, ...issue.errors.map(depth)) : 0)),
      );
    const meant = [...errors].sort((a, b) => depth(b) - depth(a))[0] ?? [];
    for (const issue of meant) this.report(issue, path);
  }

  private nodeAt(path: Path): Node | undefined {
    let node: unknown = this.document.contents;
    for (const step of path) node = isMap(node) || isSeq(node) ? node.get(step, true) : undefined;
    return isMap(node) || isSeq(node) || isScalar(node) ? node : undefined;
  }

  private keyOf(path: Path): number {
    const parent = this.nodeAt(path.slice(0, -1));
    const key = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)))?.key : undefined;
    return isScalar(key) ? (key.range?.[0] ?? 0) : this.startOf(path.slice(0, -1));
  }

  private startOf(path: Path): number {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = this.nodeAt(path.slice(0, depth));
      if (node?.range) return node.range[0];
    }
    return 0;
  }

  /** YAML folds and indents; what it never touches is the order of the characters that are not space. */
  private offsetInside(node: Scalar, character: number): number {
    const block = node.type === Scalar.BLOCK_FOLDED || node.type === Scalar.BLOCK_LITERAL;
    const start = node.range?.[0] ?? 0;
    let offset = block
      ? this.text.indexOf('\n', start) + 1
      : start + (node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE ? 1 : 0);
    let left = String(node.value).slice(0, character).replace(/\s/g, '').length;
    for (; offset < this.text.length; offset++) {
      if (/\s/.test(this.text[offset] ?? '')) continue;
      if (left === 0) break;
      left--;
    }
    return offset;
  }
}
