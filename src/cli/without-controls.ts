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
