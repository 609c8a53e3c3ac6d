import { createRequire } from 'node:module'
import type { Tiktoken } from 'tiktoken/lite'

/**
 * Counts tokens with OpenAI's own tokenizer (tiktoken, WASM): exact for OpenAI's text models, a fair estimate for
 * others. A normal text costs 0.2 ms per 1,000 characters and an encoding 85 MB, so this belongs on a worker thread,
 * never on a serving one.
 */

type Encoding = 'o200k_base' | 'cl100k_base'

/** Longer texts are counted in samples of this many characters altogether, and scaled up. */
const countedChars = 65_536
const sampleChars = 4096

/**
 * The tokenizer's time grows with the square of the longest run without a natural border (20,000 times one letter: 0.35
 * s; one Korean syllable: 2.8 s). Cut into slices it grows evenly.
 */
const sliceChars = 512

/**
 * Tokens of a text for a model (`gpt-4o`, `openai/gpt-4o`). Never throws for any text: names of special tokens in it
 * count as plain text. Up to 65,536 characters the count is off by less than a token for each 512 characters without a
 * space in them; above, it is scaled up from samples. Takes at most about 0.3 s whatever the text.
 */
export function countTokens(text: string, model: string): number {
  if (text === '') return 0
  const encoder = encoderOf(encodingOf(model))
  if (text.length <= countedChars) return countSlices(encoder, text, 0, text.length)
  const samples = countedChars / sampleChars
  const stride = (text.length - sampleChars) / (samples - 1)
  let tokens = 0
  for (let sample = 0; sample < samples; sample++) {
    const start = Math.floor(sample * stride)
    tokens += countSlices(encoder, text, start, start + sampleChars)
  }
  return Math.round((tokens * text.length) / countedChars)
}

/** Which of the tokenizers that OpenAI published a model uses; unknown models are counted with the newest. */
export function encodingOf(model: string): Encoding {
  const bare = model
    .slice(model.lastIndexOf('/') + 1)
    .replace(/^ft:/, '')
    .toLowerCase()
  return /^(gpt-3\.5|gpt-35|gpt-4(?!o|\.\d)|text-embedding-)/.test(bare) ? 'cl100k_base' : 'o200k_base'
}

function countSlices(encoder: Tiktoken, text: string, from: number, until: number): number {
  let tokens = 0
  let start = from
  while (start < until) {
    const end = endOfSlice(text, start, until)
    tokens += encoder.encode_ordinary(text.slice(start, end)).length
    start = end
  }
  return tokens
}

/** A token never spans from a word to the space behind it, so a cut there costs no accuracy. */
function endOfSlice(text: string, start: number, until: number): number {
  const limit = start + sliceChars
  if (limit >= until) return until
  for (let end = limit; end > start + 1; end--) {
    if (text[end] === ' ' && text[end - 1] !== ' ' && text[end - 1] !== '\n') return end
  }
  const cutsPair = isHighSurrogate(text.charCodeAt(limit - 1))
  return cutsPair ? limit - 1 : limit
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

const encoders = new Map<Encoding, Tiktoken>()
const require = createRequire(import.meta.url)

interface EncodingData {
  readonly bpe_ranks: string
  readonly special_tokens: Record<string, number>
  readonly pat_str: string
}

/** Loaded at first use: the module carries 5 MB of WASM, each encoding takes 0.25 s and 85 MB. */
function encoderOf(encoding: Encoding): Tiktoken {
  const known = encoders.get(encoding)
  if (known !== undefined) return known
  const tiktoken = require('tiktoken/lite') as typeof import('tiktoken/lite')
  const data = require(`tiktoken/encoders/${encoding}.json`) as EncodingData
  const encoder = new tiktoken.Tiktoken(data.bpe_ranks, data.special_tokens, data.pat_str)
  encoders.set(encoding, encoder)
  return encoder
}
