import { inspect } from "node:util";

const redaction = "[secret]";

/**
 * A secret that redacts itself wherever it is printed: in strings and templates, in JSON, and in `inspect` (and so in
 * console output, assertion messages and logs). `reveal` is the only way to the value.
 */
export class Sensitive<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return redaction;
  }

  toJSON(): string {
    return redaction;
  }

  [Symbol.toPrimitive](): string {
    return redaction;
  }

  [inspect.custom](): string {
    return redaction;
  }
}
