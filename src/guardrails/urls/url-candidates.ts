import { isTopLevelDomain, mayBeFileName } from './top-level-domains.ts'

/** Something in a text that a reader, a browser or a Markdown renderer would take for an address. */
export interface UrlCandidate {
  readonly start: number
  readonly end: number
  /** As it stands there; without a scheme it is a bare domain with what follows it. */
  readonly text: string
  readonly hasScheme: boolean
}

/** A scheme, `:` and slashes; schemes that need none of them are dangerous enough to be named. */
const withScheme =
  /[a-z][a-z\d+.-]{1,20}:(?:[/\\]{2}|(?<=(?:https?|ftp|wss?):)[/\\]?(?=[\p{L}\d[]))|\b(?:javascript|vbscript|data|blob):(?=[^\s"'<>)])/giu
/** A run that may be a host: letters and digits of any script, dots of any kind, hyphens. */
const hostRun = /[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}_\-.\u3002\uFF0E\uFF61]|%[\da-f]{2}){2,260}/giu
const dots = /[.\u3002\uFF0E\uFF61]/

/** Every address in one piece of text without white space, from left to right, none inside another. */
export function urlCandidates(text: string): UrlCandidate[] {
  const found: UrlCandidate[] = []
  let behind = 0
  for (const match of text.matchAll(withScheme)) {
    if (match.index < behind) continue
    bareDomains(text, behind, match.index, found)
    const end = urlEnd(text, match.index + match[0].length, match.index)
    if (end > match.index + match[0].length)
      found.push({ start: match.index, end, text: text.slice(match.index, end), hasScheme: true })
    behind = end
  }
  bareDomains(text, behind, text.length, found)
  return found
}

function bareDomains(text: string, from: number, to: number, found: UrlCandidate[]): void {
  let behind = from
  hostRun.lastIndex = from
  for (let match = hostRun.exec(text); match !== null && match.index < to; match = hostRun.exec(text)) {
    const place = hostIn(match[0])
    if (place === null || match.index + place.start < behind) continue
    const start = match.index + place.start
    const end = bareEnd(text, start, match.index + place.end, to)
    if (end === null) continue
    found.push({ start, end, text: text.slice(start, end), hasScheme: false })
    behind = end
    hostRun.lastIndex = Math.max(hostRun.lastIndex, end)
  }
}

const latinRun = /[a-z\d](?:[a-z\d_\-.]|%[\da-f]{2}){2,260}/gi

/** Where in a run of letters a domain stands: all of it, or a part in Latin letters between those of another script. */
function hostIn(run: string): { readonly start: number; readonly end: number } | null {
  const end = trimmedEnd(run, run.length)
  if (!dots.test(run.slice(0, end))) return null
  if (isTopLevelDomain(lastLabel(run.slice(0, end)))) return { start: 0, end }
  for (const { index, 0: part } of run.matchAll(latinRun)) {
    const length = trimmedEnd(part, part.length)
    if (part.slice(0, length).includes('.') && isTopLevelDomain(lastLabel(part.slice(0, length))))
      return { start: index, end: index + length }
  }
  return null
}

/** Dots and hyphens at the end belong to the sentence. */
function trimmedEnd(text: string, end: number): number {
  let at = end
  while (at > 0 && (dots.test(text.charAt(at - 1)) || text.charAt(at - 1) === '-')) at -= 1
  return at
}

function lastLabel(host: string): string {
  return host.split(dots).at(-1) ?? ''
}

/** The end of a bare domain with its port, path, query and fragment; null: it is an e-mail address or the name of a file. */
function bareEnd(text: string, start: number, hostEnd: number, to: number): number | null {
  const host = text.slice(start, hostEnd)
  const next = text.charAt(hostEnd)
  const goesOn = /^(?::\d{1,5})?[/\\?#]|^:\d{2,5}/.test(text.slice(hostEnd, hostEnd + 8))
  const end = goesOn ? Math.min(to, urlEnd(text, hostEnd, start)) : hostEnd
  if (next === '@' && !goesOn) return null
  if (text.charAt(start - 1) === '@' && !goesOn) return null
  if (/^www\./i.test(host) || goesOn) return end
  return mayBeFileName(lastLabel(host)) ? null : end
}

/** What no address has in it as it stands, and what closes one in Chinese and Japanese. */
const urlStop = /[\s"<>`{}|^\u3001\uFF0C\uFF1B\uFF09\u3011\u300D\u300F\u201C\u201D\u2018\u2019]/u

function urlEnd(text: string, from: number, start: number): number {
  let end = from
  while (end < text.length && !urlStop.test(text.charAt(end))) end += 1
  return Math.max(from, withoutClosing(text, start, end))
}

/** Full stops and brackets at the end of an address belong to the sentence, unless the bracket was opened in it. */
function withoutClosing(text: string, start: number, end: number): number {
  const open = { ')': 0, ']': 0 }
  for (let at = start; at < end; at++) {
    const character = text.charAt(at)
    if (character === '(') open[')'] += 1
    else if (character === '[') open[']'] += 1
    else if (character === ')' || character === ']') {
      // The bracket around it closes: `[text](https://…)and more` is over there.
      if (open[character] === 0) return trimmedPunctuation(text, start, at)
      open[character] -= 1
    }
  }
  return trimmedPunctuation(text, start, end)
}

function trimmedPunctuation(text: string, start: number, end: number): number {
  let at = end
  while (at > start && /[.,;:!?'*_~\u3002\uFF01\uFF1F]/.test(text.charAt(at - 1))) at -= 1
  return at
}
