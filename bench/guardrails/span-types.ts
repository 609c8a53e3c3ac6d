/** Kinds that begin like those of a country and have a type of their own. */
const notOfCountry = new Set(['ip_address', 'us_ssn', 'us_itin', 'gb_nhs_number'])

/**
 * What the data calls what is marked in a text, and the kinds of finding that name the same. Types that are not here
 * (names, addresses, organisations, dates) are none that a guardrail says it finds.
 */
export const kindsOfType: Readonly<Record<string, (kind: string) => boolean>> = {
  EMAIL: (kind) => kind === 'email',
  PHONE: (kind) => kind === 'phone',
  CREDIT_CARD: (kind) => kind === 'payment_card',
  IBAN: (kind) => kind === 'iban',
  IP: (kind) => kind === 'ip_address',
  US_SSN: (kind) => kind === 'us_ssn',
  US_ITIN: (kind) => kind === 'us_itin',
  UK_NHS: (kind) => kind === 'gb_nhs_number',
  US_DRIVER_LICENSE: (kind) => kind === 'driver_license',
  NATIONAL_ID: (kind) => /^[a-z]{2}_/.test(kind) && !notOfCountry.has(kind),
}

/** Types whose form alone tells them; the bar for personal data is held over these. */
export const structuredTypes: readonly string[] = ['EMAIL', 'IBAN', 'US_SSN', 'IP', 'CREDIT_CARD', 'PHONE']

/** What the data calls a credential. */
export const secretType = 'SECRET'
