import { type CountryCode, getCountries } from 'libphonenumber-js/min'
import { z } from 'zod'
import type { Finding, LocalType } from '../guardrail.ts'
import type { SegmentFacts } from '../segment-borders.ts'
import { segmentMarks } from '../segment-borders.ts'
import { type ScanSegment, segmentScanner } from '../segment-scanner.ts'
import { findCryptoAddresses } from './crypto-address.ts'
import { documents } from './documents.ts'
import { findEmails } from './email.ts'
import { Groups } from './groups.ts'
import { findIbans } from './iban.ts'
import { type IdFormat, IdFormats } from './id-format.ts'
import { americanIds } from './national-ids-americas.ts'
import { asianIds } from './national-ids-asia.ts'
import { easternEuropeanIds } from './national-ids-eastern-europe.ts'
import { northernEuropeanIds } from './national-ids-northern-europe.ts'
import { southernEuropeanIds } from './national-ids-southern-europe.ts'
import { southernHemisphereIds } from './national-ids-southern-hemisphere.ts'
import { westernEuropeanIds } from './national-ids-western-europe.ts'
import { findIpv4, findIpv6, macAddress } from './network-address.ts'
import { withoutOverlaps } from './overlaps.ts'
import { paymentCards } from './payment-card.ts'
import { PhoneNumbers } from './phone.ts'

const formats: readonly IdFormat[] = [
  ...paymentCards,
  ...macAddress,
  ...americanIds,
  ...westernEuropeanIds,
  ...southernEuropeanIds,
  ...northernEuropeanIds,
  ...easternEuropeanIds,
  ...asianIds,
  ...southernHemisphereIds,
  ...documents,
]

/** Every kind of personal data that is found. */
export const piiKinds: readonly string[] = [
  ...new Set(['email', 'phone', 'iban', 'ip_address', 'crypto_address', ...formats.map((format) => format.kind)]),
]

const settings = z.strictObject({
  kinds: z
    .array(z.enum(piiKinds))
    .min(1)
    .optional()
    .meta({ description: 'Kinds of personal data to look for. Default: all of them.' }),
  restore: z
    .boolean()
    .default(true)
    .meta({ description: 'Whether values that were replaced in a request are put back into the answer.' }),
  default_region: z
    .enum(getCountries() as [CountryCode, ...CountryCode[]])
    .optional()
    .meta({
      description:
        'Country, such as DE, whose phone numbers are found without their country code and without a word that says so. ' +
        'Default: only those that are written in a way which hardly anything else is.',
    }),
  allow: z.array(z.string().min(1).max(200)).max(100).default([]).meta({
    description: 'Values that are never reported, such as your own support address. Upper and lower case are the same.',
  }),
})

export type PiiSettings = z.infer<typeof settings>

/**
 * Looks for what `settings` names in one segment. The longest value, an e-mail address, has 64 + 1 + 253 characters; a value
 * in groups may have one separator between any two of them.
 */
export function scanPii(settings: Pick<PiiSettings, 'kinds' | 'default_region' | 'allow'>): ScanSegment {
  const kinds = new Set(settings.kinds ?? piiKinds)
  const ids = new IdFormats(formats.filter((format) => kinds.has(format.kind)))
  const phones = new PhoneNumbers(settings.default_region ?? null)
  const allowed = new Set(settings.allow.map((value) => value.toLowerCase()))
  const groups = new Groups()
  return (text, from, to) => {
    const findings: Finding[] = []
    if (kinds.has('email')) findEmails(text, from, to, findings)
    groups.read(text, from, to)
    if (kinds.has('iban')) findIbans(groups, findings)
    if (kinds.has('ip_address')) {
      findIpv4(groups, findings)
      findIpv6(text, from, to, findings)
    }
    if (kinds.has('crypto_address')) findCryptoAddresses(groups, findings)
    ids.find(groups, findings)
    if (kinds.has('phone')) phones.find(groups, findings)
    const found = withoutOverlaps(findings)
    if (allowed.size === 0) return found
    return found.filter((each) => !allowed.has(text.slice(each.start, each.end).toLowerCase()))
  }
}

/** Digits of the shortest value, an IPv4 address; of addresses of crypto currencies the length says more. */
const fewestDigits = 4
const shortestCryptoAddress = 25

function isWorthScanning(facts: SegmentFacts): boolean {
  if (facts.digits >= fewestDigits || facts.colons > 1 || (facts.marks & segmentMarks.at) !== 0) return true
  return facts.digits > 0 && facts.length >= shortestCryptoAddress
}

/** Personal data that has a form: addresses, numbers, identifiers. Not names and postal addresses, which need a model. */
export const pii: LocalType<PiiSettings> = {
  type: 'pii',
  summary:
    'Finds personal data with a form of its own: e-mail, phone, cards, bank accounts, national ids, addresses of machines.',
  settings,
  hasSpans: true,
  roles: ['system', 'user', 'assistant', 'tool'],
  isRemote: false,
  create: (chosen) => {
    const scan = scanPii(chosen)
    return { reach: 'tokens', open: () => segmentScanner(scan, { isWorthScanning }) }
  },
}
