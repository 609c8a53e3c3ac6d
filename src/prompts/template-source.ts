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
  return literal.replaceAll(/(\\*)\{\{/g, '$1$1\\{{')
}

function beforeHole(literal: string): string | null {
  const braces = literal.length - literal.replace(/\{+$/, '').length
  if (braces % 2 === 1) return null
  if (braces > 0) return escaped(literal)
  const slashes = literal.length - literal.replace(/\\+$/, '').length
  return escaped(literal) + '\\'.repeat(slashes)
}
