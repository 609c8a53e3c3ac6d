import type { TieredPrice } from './built-in-data.ts'

/** Prices of tokens that are no text. null: unknown, and so is the cost of an answer that has such tokens. */
export interface MediaPrices {
  readonly audioInput: TieredPrice | null
  readonly audioCacheRead: TieredPrice | null
  readonly audioOutput: TieredPrice | null
  readonly imageInput: TieredPrice | null
  readonly imageCacheRead: TieredPrice | null
  readonly imageOutput: TieredPrice | null
}

/** What an entry of the list asks for text. */
export interface TextPrices {
  readonly input: TieredPrice | null
  readonly output: TieredPrice | null
  readonly cacheRead: TieredPrice | null
}

/**
 * What sound and pictures cost when the list has no price of its own for them: the price of text where the maker asks
 * that, else nobody knows (null), because text is up to forty times cheaper.
 * - Pictures that go in cost what text costs; lists name the few models that differ.
 * - Sound that goes in costs what text costs on Google's list, which names the models that differ. Other makers always
 *   ask more, and lists of resellers name text alone: unknown.
 * - Sound and pictures that come out always cost more than text: unknown, but for models that give nothing else, whose
 *   price of the output is the price of just that.
 * - What was cached has the price of cached text where it goes in at the price of text; else its own full price.
 *
 * @param id the entry's, `<price provider>/<model>`
 * @param own what the list says
 */
export function mediaPrices(id: string, own: MediaPrices, text: TextPrices): MediaPrices {
  const cachedText = text.cacheRead ?? text.input
  const namesAudio = id.startsWith('google/')
  const speaksOnly = id.endsWith('-tts')
  const drawsOnly = id.includes('/gpt-image-')
  return {
    audioInput: own.audioInput ?? (namesAudio ? text.input : null),
    audioCacheRead: own.audioCacheRead ?? own.audioInput ?? (namesAudio ? cachedText : null),
    audioOutput: own.audioOutput ?? (speaksOnly ? text.output : null),
    imageInput: own.imageInput ?? text.input,
    imageCacheRead: own.imageCacheRead ?? own.imageInput ?? cachedText,
    imageOutput: own.imageOutput ?? (drawsOnly ? text.output : null),
  }
}

/** An operator names one price for all that goes in and one for all that comes out. */
export function sameAsText(text: TextPrices): MediaPrices {
  const cachedText = text.cacheRead ?? text.input
  return {
    audioInput: text.input,
    audioCacheRead: cachedText,
    audioOutput: text.output,
    imageInput: text.input,
    imageCacheRead: cachedText,
    imageOutput: text.output,
  }
}
