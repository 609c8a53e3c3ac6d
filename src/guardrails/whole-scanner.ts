import type { Finding, TextScanner } from './guardrail.ts'

/** A scanner that looks once, at the end. `scan` gives findings with offsets into the whole text. */
export function wholeScanner(scan: (text: string) => readonly Finding[]): TextScanner {
  const pieces: string[] = []
  return {
    push: (piece) => {
      pieces.push(piece)
      return 0
    },
    end: (findings) => {
      findings.push(...scan(pieces.join('')))
    },
  }
}
