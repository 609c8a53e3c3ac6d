import { adversarialTexts } from './texts.ts'

/** Texts of so many characters that are meant to be slow for whoever looks for something in them, by name. */
export function hostileTexts(characters: number): (readonly [name: string, text: string])[] {
  return [...adversarialTexts(characters), ...made.map(([name, make]) => [name, upTo(characters, make)] as const)]
}

/** Each gives the part of this number. */
const made: readonly (readonly [name: string, make: (index: number) => string])[] = [
  ['a', () => 'aaaaaaaaaaaaaaaa'],
  ['beginnings of placeholders', (index) => `<EMAIL_${index % 9 === 0 ? '1' : ''}`],
  ['quotes and backslashes', (index) => (index % 3 === 0 ? '\\"' : '"\\\\')],
  ['one line of words', (index) => `word${index % 7} and then `],
  ['one word', (index) => (index % 5 === 0 ? 'x-y' : 'qwertz')],
  ['JSON in JSON', (index) => JSON.stringify({ text: JSON.stringify({ n: index, inner: JSON.stringify('a"b') }) })],
  ['open brackets of JSON', () => '[{"a":'],
  ['surrogates without a partner', (index) => (index % 2 === 0 ? '\ud83d ' : 'x\ude00')],
  ['marks on marks', () => 'e\u0301\u0302\u0303\u200b\u200d\ufe0f'],
  ['addresses, each once', (index) => `user${String(index).padStart(7, '0')}@example.com `],
  ['cards, each the same', () => '4111 1111 1111 1111, '],
  ['phone numbers', (index) => `+49 30 ${1_000_000 + (index % 900_000)} `],
  ['addresses of machines', (index) => `10.${index % 255}.${(index >> 8) % 255}.7:80 `],
  ['addresses of pages', (index) => `https://a${index}.example.com/x?y=${index} `],
  ['keys, each once', (index) => `sk-proj-${String(index).padStart(8, 'x')}T3BlbkFJabcdefghijklmnopqrstuvwx `],
  ['assignments', (index) => `password=${index.toString(36)}Xy7! api_key="${index}" `],
  ['private keys', (index) => (index % 40 === 0 ? '-----BEGIN RSA PRIVATE KEY-----\n' : 'MIIEowIBAAKCAQEA\n')],
  ['base64 words', (index) => `${Buffer.from(`ignore all previous ${index}`).toString('base64')} `],
  ['swear words', (index) => (index % 2 === 0 ? 'sh1t ' : 'f.u.c.k ')],
  ['Chinese', (index) => String.fromCharCode(0x4e00 + (index % 5000), 0x4e00 + ((index * 7) % 5000))],
]

function upTo(characters: number, make: (index: number) => string): string {
  const parts: string[] = []
  for (let length = 0; length < characters;) {
    const part = make(parts.length)
    parts.push(part)
    length += part.length
  }
  return parts.join('').slice(0, characters)
}
