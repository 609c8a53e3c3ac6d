/**
 * Letters of other scripts that look like Latin ones, and the Latin letter each passes for. Lower case: text is lower-cased
 * before they are looked up. Only what a reader takes for the other; a mere likeness would spoil Russian and Greek words.
 */
const lookAlikes: Readonly<Record<string, string>> = {
  // Cyrillic
  а: 'a',
  в: 'b',
  с: 'c',
  ԁ: 'd',
  е: 'e',
  ё: 'e',
  ѓ: 'g',
  һ: 'h',
  н: 'h',
  і: 'i',
  ї: 'i',
  ј: 'j',
  к: 'k',
  ӏ: 'l',
  м: 'm',
  п: 'n',
  о: 'o',
  р: 'p',
  ԛ: 'q',
  г: 'r',
  ѕ: 's',
  т: 't',
  ц: 'u',
  ѵ: 'v',
  ԝ: 'w',
  х: 'x',
  у: 'y',
  // Greek
  α: 'a',
  β: 'b',
  ϲ: 'c',
  ε: 'e',
  η: 'n',
  ι: 'i',
  κ: 'k',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  χ: 'x',
  ω: 'w',
  // Latin letters that compatibility normalisation leaves alone
  ı: 'i',
  ɑ: 'a',
  ɡ: 'g',
  ɩ: 'i',
  ɪ: 'i',
  ʀ: 'r',
  ꜱ: 's',
  ᴀ: 'a',
  ʙ: 'b',
  ᴄ: 'c',
  ᴅ: 'd',
  ᴇ: 'e',
  ɢ: 'g',
  ʜ: 'h',
  ᴊ: 'j',
  ᴋ: 'k',
  ʟ: 'l',
  ᴍ: 'm',
  ɴ: 'n',
  ᴏ: 'o',
  ᴘ: 'p',
  ᴛ: 't',
  ᴜ: 'u',
  ᴠ: 'v',
  ᴡ: 'w',
  ʏ: 'y',
  ᴢ: 'z',
}

const anyNonAscii = /[^\0-\x7f]/

/**
 * Soft hyphen, grapheme joiner, Arabic letter mark, Hangul fillers, Khmer inherent vowels, Mongolian selectors, zero width
 * and direction marks, variation selectors, byte order mark, and the supplementary blocks of tags and selectors.
 */
const invisible =
  /\u00ad|\u034f|\u061c|[\u115f\u1160]|[\u17b4\u17b5]|[\u180b-\u180f]|[\u200b-\u200f]|[\u202a-\u202e]|[\u2060-\u206f]|\u3164|[\ufe00-\ufe0f]|\ufeff|\uffa0|\udb40[\udc00-\uddef]/g

const lookAlikeClass = `[${Object.keys(lookAlikes).join('')}]`
const anyLookAlike = new RegExp(lookAlikeClass)
const everyLookAlike = new RegExp(lookAlikeClass, 'g')
const wordWithLetters = /[\p{L}\p{M}]+/gu
const latinLetter = /[a-z]/
const smallCapitals = /[ɢʜɪʟɴʀʏʙᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢꜱ]/

/**
 * Text as detectors compare it: compatibility forms made plain (full width, ligatures, mathematical letters), invisible
 * characters taken out, lower case, and look-alike letters inside otherwise Latin words made Latin. Words of other
 * scripts stay as they are. Linear; for plain ASCII it is `toLowerCase`.
 */
export function normalise(text: string): string {
  if (!anyNonAscii.test(text)) return text.toLowerCase()
  const plain = text.replace(invisible, '').normalize('NFKC').toLowerCase()
  return anyLookAlike.test(plain) ? plain.replace(wordWithLetters, latinised) : plain
}

/** A word that mixes Latin letters with look-alikes, or is written in small capitals, is meant to be read as Latin. */
function latinised(word: string): string {
  if (!anyLookAlike.test(word) || !(latinLetter.test(word) || smallCapitals.test(word))) return word
  return word.replace(everyLookAlike, (letter) => lookAlikes[letter] ?? letter)
}
