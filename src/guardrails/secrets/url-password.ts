import { isOf, letters } from './alphabet.ts'
import type { Anchored } from './anchored.ts'
import { isPlaceholder } from './randomness.ts'

/** Longest user and password of a URL, characters. */
const mostUserInfoChars = 256
const leastPasswordChars = 3
const score = 0.9

/** What ends the authority of a URL, or stands around one. */
const delimiters = new Set('/?#\\"\'`<>()[]{}|, \t\r\n')

/** Passwords of examples. */
const examplePasswords = new Set([
  'password',
  'passwd',
  'pass',
  'passwort',
  'pwd',
  'pw',
  'secret',
  'token',
  'user',
  'username',
  'test',
  'key',
  'api_key',
  'apikey',
  'foo',
  'bar',
  'changeit',
  'credentials',
  'mypassword',
  'mypass',
  'db_password',
  'dbpassword',
  'userpassword',
  'access_token',
  'x-oauth-basic',
])

/**
 * The password in `scheme://user:password@host`. The finding is the password alone, so that what is left still says which
 * host it was. `at`: the colon behind the scheme.
 */
export function findUrlPassword(text: string, at: number, from: number, to: number): Anchored | null {
  if (text[at + 1] !== '/' || text[at + 2] !== '/') return null
  if (at === from || !isOf(letters, text.charCodeAt(at - 1))) return null
  const userAt = at + 3
  const most = Math.min(to, userAt + mostUserInfoChars)
  let colon = -1
  let host = -1
  for (let place = userAt; place < most; place++) {
    const character = text.charAt(place)
    if (character === '@') host = place
    else if (delimiters.has(character)) break
    else if (character === ':' && colon === -1) colon = place
  }
  if (colon === -1 || host <= colon || host + 1 >= to || delimiters.has(text.charAt(host + 1))) return null
  const password = text.slice(colon + 1, host)
  if (isExample(password, text.slice(userAt, colon))) return null
  return { kind: 'url_password', start: colon + 1, end: host, score }
}

function isExample(password: string, user: string): boolean {
  if (password.length < leastPasswordChars || password === user) return true
  const folded = password.toLowerCase()
  if (examplePasswords.has(folded) || isPlaceholder(password)) return true
  // `$PASSWORD`, `%PASSWORD%`, `:password`, `***`, `xxx`, `...`
  return /^[$%:*]/.test(password) || /^(.)\1*$/.test(folded)
}
