import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import { usageToMessages } from '../../src/dialects/messages/closing.ts'
import { chatUsage, MessageUsage } from '../../src/providers/anthropic/usage.ts'
import { openAiUsage, searchesIn } from '../../src/providers/gemini/usage.ts'
import { audioForwarding, imagesForwarding } from '../../src/providers/openai-compatible/forwardings.ts'
import { responsesForwarding } from '../../src/providers/openai-compatible/responses-forwarding.ts'
import { readUsage } from '../../src/providers/usage.ts'
import { usageOf } from '../pricing/usage-of.ts'

describe('sound and pictures in OpenAI’s chat', () => {
  it('are told apart from text', () => {
    const usage = {
      prompt_tokens: 64,
      completion_tokens: 200,
      total_tokens: 264,
      prompt_tokens_details: { audio_tokens: 44, image_tokens: 5, text_tokens: 15, cached_tokens: 0 },
      completion_tokens_details: { audio_tokens: 150, text_tokens: 50, reasoning_tokens: 0 },
    }
    expect(readUsage(usage)).toEqual(
      usageOf({
        inputTokens: 64,
        outputTokens: 200,
        audioInputTokens: 44,
        imageInputTokens: 5,
        audioOutputTokens: 150,
      }),
    )
  })

  it('leave nothing behind where there is only text', () => {
    const details = { audio_tokens: 0, image_tokens: 0, cached_tokens: 0 }
    const usage = { prompt_tokens: 4, completion_tokens: 2, prompt_tokens_details: details }
    expect(readUsage({ ...usage, completion_tokens_details: details })).toEqual(
      usageOf({ inputTokens: 4, outputTokens: 2 }),
    )
  })

  it('are what was cached when more was cached than there is text', () => {
    const details = { audio_tokens: 80, cached_tokens: 90 }
    expect(readUsage({ prompt_tokens: 100, completion_tokens: 0, prompt_tokens_details: details })).toMatchObject({
      audioInputTokens: 80,
      cacheReadInputTokens: 90,
      audioCacheReadInputTokens: 70,
    })
  })

  it('never are more than their whole, whatever a provider says', () => {
    const anything = fc.oneof(
      fc.nat(1000),
      fc.constantFrom<unknown>(-5, 1.4, 1e300, '7', null, {}, [], true, undefined),
    )
    const details = fc.oneof(
      fc.record({
        audio_tokens: anything,
        image_tokens: anything,
        cached_tokens: anything,
        cache_write_tokens: anything,
        reasoning_tokens: anything,
        cached_tokens_details: fc.oneof(fc.record({ audio_tokens: anything, image_tokens: anything }), anything),
      }),
      anything,
    )
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), details, details, anything, (input, output, first, second, searches) => {
        const read = readUsage({
          prompt_tokens: input,
          completion_tokens: output,
          prompt_tokens_details: first,
          completion_tokens_details: second,
          server_tool_use: { web_search_requests: searches },
        } as JsonObject)
        if (read === null) throw new Error('not read')
        const { audioInputTokens = 0, imageInputTokens = 0, audioOutputTokens = 0, imageOutputTokens = 0 } = read
        const { audioCacheReadInputTokens = 0, imageCacheReadInputTokens = 0 } = read
        expect(audioInputTokens + imageInputTokens).toBeLessThanOrEqual(read.inputTokens)
        expect(audioCacheReadInputTokens).toBeLessThanOrEqual(audioInputTokens)
        expect(imageCacheReadInputTokens).toBeLessThanOrEqual(imageInputTokens)
        expect(audioCacheReadInputTokens + imageCacheReadInputTokens).toBeLessThanOrEqual(read.cacheReadInputTokens)
        expect(audioOutputTokens + imageOutputTokens + read.reasoningOutputTokens).toBeLessThanOrEqual(
          read.outputTokens,
        )
        for (const count of Object.values(read)) expect(Number.isSafeInteger(count) && count >= 0).toBe(true)
      }),
    )
  })
})

describe('OpenAI’s endpoints for sound and pictures', () => {
  it('tell what of a transcription was sound', () => {
    const usage = {
      type: 'tokens',
      input_tokens: 14,
      input_token_details: { text_tokens: 4, audio_tokens: 10 },
      output_tokens: 45,
      total_tokens: 59,
    }
    const expected = usageOf({ inputTokens: 14, outputTokens: 45, audioInputTokens: 10 })
    expect(audioForwarding.wholeUsage({ text: 'Hi', usage })).toEqual(expected)
    expect(audioForwarding.event({ type: 'transcript.text.done', usage }, undefined).usage).toEqual(expected)
  })

  it('answer with pictures, also when the output is not told apart', () => {
    const usage = {
      input_tokens: 50,
      output_tokens: 1056,
      total_tokens: 1106,
      input_tokens_details: { text_tokens: 10, image_tokens: 40 },
    }
    const expected = usageOf({ inputTokens: 50, outputTokens: 1056, imageInputTokens: 40, imageOutputTokens: 1056 })
    expect(imagesForwarding.wholeUsage({ data: [], usage })).toEqual(expected)
    expect(imagesForwarding.event({ type: 'image_generation.completed', usage }, undefined).usage).toEqual(expected)
    const apart = { ...usage, output_tokens_details: { text_tokens: 56, image_tokens: 1000 } }
    expect(imagesForwarding.wholeUsage({ usage: apart })).toEqual({ ...expected, imageOutputTokens: 1000 })
  })
})

describe('Gemini’s modalities', () => {
  const metadata = {
    promptTokenCount: 1300,
    toolUsePromptTokenCount: 20,
    candidatesTokenCount: 1310,
    thoughtsTokenCount: 30,
    cachedContentTokenCount: 600,
    totalTokenCount: 2660,
    promptTokensDetails: [
      { modality: 'TEXT', tokenCount: 42 },
      { modality: 'AUDIO', tokenCount: 700 },
      { modality: 'IMAGE', tokenCount: 258 },
      { modality: 'VIDEO', tokenCount: 300 },
    ],
    toolUsePromptTokensDetails: [{ modality: 'AUDIO', tokenCount: 20 }],
    cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 600 }],
    candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
  }

  it('are counted as OpenAI counts them', () => {
    expect(readUsage(openAiUsage(metadata, 2))).toEqual(
      usageOf({
        inputTokens: 1320,
        outputTokens: 1340,
        cacheReadInputTokens: 600,
        reasoningOutputTokens: 30,
        audioInputTokens: 720,
        audioCacheReadInputTokens: 600,
        imageInputTokens: 258,
        imageOutputTokens: 1290,
        webSearches: 2,
      }),
    )
  })

  it.each([null, 'AUDIO', [null, 'x', { modality: 'AUDIO', tokenCount: 'many' }], { modality: 'AUDIO' }])(
    'are none in %j',
    (details) => {
      const strange = { promptTokenCount: 10, candidatesTokenCount: 5, promptTokensDetails: details }
      expect(openAiUsage({ ...strange, cacheTokensDetails: details, candidatesTokensDetails: details })).toEqual({
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 15,
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      })
    },
  )
})

describe('searches of the web', () => {
  it('are what Anthropic counted last, in its own stream and in chat', () => {
    const usage = new MessageUsage()
    usage.add({ input_tokens: 10, output_tokens: 1, server_tool_use: { web_search_requests: 0 } })
    usage.add({ output_tokens: 9, server_tool_use: { web_search_requests: 3, web_fetch_requests: 1 } })
    usage.add({ output_tokens: 20 })
    const { total } = usage
    expect(total).toEqual(usageOf({ inputTokens: 10, outputTokens: 20, webSearches: 3 }))
    if (total === null) throw new Error('not read')
    expect(readUsage(chatUsage(total) as JsonObject)).toEqual(total)
    expect(usageToMessages(total)).toMatchObject({ server_tool_use: { web_search_requests: 3 } })
  })

  const response = {
    usage: { input_tokens: 10, output_tokens: 5 },
    output: [
      { type: 'web_search_call', action: { type: 'search', query: 'a' } },
      { type: 'web_search_call', action: { type: 'open_page', url: 'https://example.org' } },
      { type: 'web_search_call' },
      { type: 'message', content: [] },
      null,
    ],
  }
  const searched = usageOf({ inputTokens: 10, outputTokens: 5, webSearches: 2 })

  it('are counted in the output of a response, whole or streamed', () => {
    expect(responsesForwarding.wholeUsage(response)).toEqual(searched)
    expect(responsesForwarding.event({ type: 'response.completed', response }, undefined).usage).toEqual(searched)
  })

  it('are what OpenAI says where it says so', () => {
    const told = { ...response, tool_usage: { web_search: { num_requests: 4 } } }
    expect(responsesForwarding.wholeUsage(told)).toEqual({ ...searched, webSearches: 4 })
    const nothing = { ...response, tool_usage: { web_search: { num_requests: 0 } } }
    expect(responsesForwarding.wholeUsage(nothing)).not.toHaveProperty('webSearches')
  })

  it('are the queries that Gemini’s answers were grounded in', () => {
    expect(searchesIn([{ webSearchQueries: ['a', 'b'] }, null, {}, { webSearchQueries: 'c' }])).toBe(2)
  })

  it.each([-1, 0, 0.2, 1e9, '3', null])('are none when the count is %j', (requests) => {
    const usage = { prompt_tokens: 1, completion_tokens: 1, server_tool_use: { web_search_requests: requests } }
    expect(readUsage(usage)).not.toHaveProperty('webSearches')
  })
})
