/** Addresses of the web and of mail in texts that users or models wrote. Every repetition is bounded, so that time is linear. */

const host = String.raw`\b[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,8}`
const rest = String.raw`[^\s)>"'\]]`
const domains =
  'com|net|org|io|co|ai|app|dev|info|biz|xyz|me|shop|online|site|store|link|click|top|de|uk|eu|fr|it|es|nl|ru|cn'

/** With a scheme, or `www.`, of mail, with a path, or with an ending that is known to be one. */
const addresses = new RegExp(
  [
    String.raw`\b(?:https?|ftp|data|javascript|mailto):${rest}{1,2000}`,
    String.raw`\bwww\.${rest}{1,2000}`,
    String.raw`[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}`,
    String.raw`${host}\.[a-z]{2,24}\/${rest}{1,2000}`,
    String.raw`${host}\.(?:${domains})\b`,
  ].join('|'),
  'gi',
)

/** Each without what ends the sentence it stands in. */
export function addressesIn(text: string): readonly string[] {
  return [...text.matchAll(addresses)].map(([address]) => address.replace(/[.,;:!?]{1,9}$/, ''))
}

/** Characters that are not seen, and forms that only look like others, hide nothing. */
const visible = (text: string): string =>
  text
    .normalize('NFKC')
    .replaceAll(/\p{Cf}/gu, '')
    .toLowerCase()

/** The first address of a text that is not in the other; null: there is none. Everybody is sent there: only an author may add one. */
export function newAddress(before: string, after: string): string | null {
  const known = visible(before)
  return addressesIn(visible(after)).find((address) => !known.includes(address)) ?? null
}
