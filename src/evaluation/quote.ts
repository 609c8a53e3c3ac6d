const longestQuote = 120
const longestDetail = 500

/** A text as it stands in a sentence: in quotation marks, on one line, cut when it is long. */
export function quote(text: string): string {
  return JSON.stringify(cut(text, longestQuote))
}

/** A sentence of somebody else's, on one line and cut when it is long. */
export function line(text: string): string {
  return cut(text.replace(/\s+/g, ' ').trim(), longestDetail)
}

/** Never in the middle of a character. */
function cut(text: string, longest: number): string {
  if (text.length <= longest) return text
  return `${text.slice(0, longest).replace(/[\ud800-\udbff]$/, '')}…`
}
