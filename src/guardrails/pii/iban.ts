import type { Finding } from '../guardrail.ts'
import { type Groups, separators } from './groups.ts'

/** Characters of an IBAN by country, from the SWIFT registry. */
const lengths = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 ' +
    'FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 ' +
    'LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 ' +
    'RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry): [string, number] => [entry.slice(0, 2), Number(entry.slice(2))]),
)

/** Adds the IBANs in the groups: written in one, or in groups with one separator; as long as their country has them. */
export function findIbans(groups: Groups, findings: Finding[]): void {
  for (let first = 0; first < groups.count; first += 1) {
    const length = groups.length(first)
    if (length < 4 || (groups.digits[first] ?? 0) < 2) continue
    const head = groups.text.slice(groups.start(first), groups.start(first) + 4)
    if (!/^[A-Za-z]{2}\d\d$/.test(head)) continue
    const wanted = lengths.get(head.slice(0, 2).toUpperCase())
    if (wanted === undefined) continue
    const last = lastOf(groups, first, wanted)
    if (last < first || modulo97(groups.chars(first, last)) !== 1) continue
    findings.push({ kind: 'iban', start: groups.start(first), end: groups.end(last), score: 0.99 })
  }
}

/** The group with which so many characters are full; -1: none is. */
function lastOf(groups: Groups, first: number, wanted: number): number {
  let length = groups.length(first)
  let last = first
  const separator = groups.separator(first + 1)
  while (length < wanted) {
    last += 1
    if (last >= groups.count || groups.separator(last) !== separator) return -1
    if (separator !== separators.space && separator !== separators.hyphen && separator !== separators.dot) return -1
    length += groups.length(last)
  }
  return length === wanted ? last : -1
}

/** Of an IBAN as ISO 13616 wants it: the first four characters last, letters as numbers from 10 on. */
function modulo97(iban: string): number {
  let rest = 0
  for (let index = 0; index < iban.length; index += 1) {
    const code = iban.charCodeAt((index + 4) % iban.length)
    const value = code < 58 ? code - 48 : (code & 31) + 9
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest
}
