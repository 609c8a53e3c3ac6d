import { crc32 } from 'node:zlib'
import { isJsonObject, ownMember, parsedJson } from '../../core/json.ts'
import type { Verdict } from './credential.ts'

const base62Digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const checksumChars = 6

/** The checksum at the end of a GitHub token: CRC-32 of the random part, six digits to the base of 62. */
export function gitHubChecksum(random: string): string {
  let rest = crc32(random)
  let written = ''
  for (let place = 0; place < checksumChars; place++) {
    written = (base62Digits[rest % 62] ?? '') + written
    rest = Math.floor(rest / 62)
  }
  return written
}

/** A token that GitHub issued ends in its checksum; another one was made up, or mistyped. */
export function checkGitHub(token: string): Verdict {
  const random = token.slice(token.indexOf('_') + 1, -checksumChars)
  return gitHubChecksum(random) === token.slice(-checksumChars) ? 'genuine' : 'doubtful'
}

/** Longest first part of a JSON web token that is decoded. */
const mostHeaderChars = 2_000

/** A JSON web token begins with an object that names how it is signed or encrypted. */
export function checkJsonWebToken(token: string): Verdict {
  const header = token.slice(0, Math.min(token.indexOf('.'), mostHeaderChars))
  const value = parsedJson(Buffer.from(header, 'base64url').toString('utf8'))
  return isJsonObject(value) && typeof ownMember(value, 'alg') === 'string' ? 'genuine' : 'none'
}

/** A Discord bot's token begins with the number of its account, in base64. */
export function checkDiscord(token: string): Verdict {
  const account = Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString('latin1')
  return /^\d{16,20}$/.test(account) ? 'genuine' : 'none'
}

const openAiMark = 'T3BlbkFJ'
const openAiPrefix = /^sk-[a-z]{4,8}-/
/** Random characters on either side of the mark, at least. */
const leastBesideMark = 20
/** The first keys of projects were as long as those before them, and not all of them had the mark. */
const earlyOpenAiChars = 48

/** A key of an OpenAI project has the name of the company in the middle. */
export function checkOpenAiProject(token: string): Verdict {
  const body = token.replace(openAiPrefix, '')
  const before = body.indexOf(openAiMark)
  if (before === -1) return body.length === earlyOpenAiChars ? 'genuine' : 'none'
  const after = body.length - before - openAiMark.length
  return Math.min(before, after) >= leastBesideMark ? 'genuine' : 'none'
}

/** Keys of Anthropic end in two fixed characters. */
export function checkAnthropic(token: string): Verdict {
  return token.endsWith('AA') ? 'genuine' : 'none'
}

/** A Notion token begins with a number of eleven digits. */
export function checkNotion(token: string): Verdict {
  return /^ntn_\d{11}/.test(token) ? 'genuine' : 'none'
}

/** A beginning so short that a member of an object may have it: names have no digits. */
export function checkDigit(token: string): Verdict {
  return /\d/.test(token) ? 'genuine' : 'none'
}
