import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { Fault } from './fault.ts'

/** Locks secrets for storage and unlocks them again. */
export interface Sealer {
  /** Text to `v1:<base64url>`; two calls with the same text give different results. */
  seal(plain: string): string
  /** What `seal` was given. Fault `internal` when the text was changed, is no sealed text, or another key sealed it. */
  open(sealed: string): string
}

const version = 'v1:'
const associatedData = Buffer.from('promptbox/sealed/v1')
const saltBytes = 16
const nonceBytes = 12
const tagBytes = 16

/**
 * AES-256-GCM. Each sealed text has a key of its own, derived from the encryption key and a random salt by HKDF-SHA-256,
 * so that nonces never have to be counted. Layout of the bytes: salt (16), nonce (12), tag (16), ciphertext.
 */
export function createSealer(encryptionKey: string): Sealer {
  const deriveKey = (salt: Uint8Array) => Buffer.from(hkdfSync('sha256', encryptionKey, salt, associatedData, 32))

  return {
    seal(plain) {
      const salt = randomBytes(saltBytes)
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', deriveKey(salt), nonce, { authTagLength: tagBytes }).setAAD(
        associatedData,
      )
      const ciphertext = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return version + Buffer.concat([salt, nonce, cipher.getAuthTag(), ciphertext]).toString('base64url')
    },

    open(sealed) {
      if (!sealed.startsWith(version)) {
        throw new Fault(
          'internal',
          `A sealed secret must start with "${version}"; this one was written by another version of Promptbox.`,
        )
      }
      const bytes = Buffer.from(sealed.slice(version.length), 'base64url')
      const salt = bytes.subarray(0, saltBytes)
      const nonce = bytes.subarray(saltBytes, saltBytes + nonceBytes)
      const tag = bytes.subarray(saltBytes + nonceBytes, saltBytes + nonceBytes + tagBytes)
      const ciphertext = bytes.subarray(saltBytes + nonceBytes + tagBytes)
      try {
        const decipher = createDecipheriv('aes-256-gcm', deriveKey(salt), nonce, { authTagLength: tagBytes })
        decipher.setAAD(associatedData).setAuthTag(tag)
        return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new Fault(
          'internal',
          'A stored secret does not open: PROMPTBOX_ENCRYPTION_KEY is not the key it was sealed with. Set the old key again, or store the secret anew.',
          { cause },
        )
      }
    },
  }
}

/**
 * The form in which a key of ours is stored and looked up: HMAC-SHA-256, base64url, 43 characters. The HMAC key only keeps
 * this use apart from others. It is the same everywhere, because two processes on one database must recognise the same
 * key, and because a key holds 256 random bits, which no dictionary reaches.
 */
export function hashKey(key: string): string {
  return createHmac('sha256', 'promptbox/key/v1').update(key).digest('base64url')
}

/** 256 random bits as base64url after a prefix that says what it is (`pb-`), 43 characters and the prefix. */
export function newSecret(prefix: string): string {
  return prefix + randomBytes(32).toString('base64url')
}

/** Compares two secrets in a time that tells nothing about where, or whether in length, they differ. */
export function equalSecrets(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(left), digest(right))
}
