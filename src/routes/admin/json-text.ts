/** JSON text that goes into an answer as it is, so that numbers keep every digit. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A whole answer that is no JSON. */
export class OtherMedia {
  readonly text: string
  readonly contentType: string

  constructor(text: string, contentType: string) {
    this.text = text
    this.contentType = contentType
  }
}

/** Recorded text as JSON when it is, else as a string: what was cut short is no JSON any more. */
export function jsonOrString(text: string): JsonText | string {
  try {
    JSON.parse(text)
    return new JsonText(text)
  } catch {
    return text
  }
}

/** `JSON.stringify` for plain values that may hold `JsonText`. */
export function toJson(value: unknown): string {
  if (value instanceof JsonText) return value.text
  if (Array.isArray(value)) return `[${value.map((item) => toJson(item ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${toJson(member)}`).join(',')}}`
}
