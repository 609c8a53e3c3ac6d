/**
 * The text with every control character but line feeds and tabs made visible: names, notes and answers are written by others, and must
 * not move the cursor, change colours or type into the terminal of whoever looks at them.
 */
export function withoutControls(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return `\\x${code.toString(16).padStart(2, '0')}`
  })
}

/** The value as JSON text, with the control characters escaped that JSON lets stand. */
export function jsonWithoutControls(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replaceAll(
    /[\x7f-\x9f]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  )
}
