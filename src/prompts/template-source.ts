import type { TemplatePiece } from './template.ts'

/**
 * The template that parses into these pieces: `parseTemplate` the other way round, whatever stands in the literals.
 *
 * @returns null where the language has no words for it: a lone `{` directly before a variable.
 */
export function templateSource(pieces: readonly TemplatePiece[]): string | null {
  let source = ''
  let literal = ''
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      literal += piece
      continue
    }
    const before = beforeHole(literal)
    if (before === null) return null
    source += `${before}{{${piece.source}}}`
    literal = ''
  }
  return source + escaped(literal)
}

/** Backslashes count only where `{{` follows them, and there each one is written twice. */
function escaped(literal: string): string {
  const [last = '', ...before] = literal.split('{{').toReversed()
  const parts = before.toReversed().map((part) => `${part}${'\\'.repeat(trailing(part, '\\'))}\\{{`)
  return parts.join('') + last
}

function beforeHole(literal: string): string | null {
  const braces = trailing(literal, '{')
  if (braces % 2 === 1) return null
  if (braces > 0) return escaped(literal)
  return escaped(literal) + '\\'.repeat(trailing(literal, '\\'))
}

/** How often a text ends in this character. Counted, because a pattern would try every run of it that ends elsewhere. */
function trailing(text: string, character: string): number {
  let start = text.length
  while (start > 0 && text[start - 1] === character) start--
  return text.length - start
}
