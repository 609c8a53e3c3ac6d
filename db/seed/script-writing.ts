import type { SeedPrompt } from './seed-prompt.ts'

const exampleScript = [
  'HOOK',
  'Your coffee is lying to you.',
  '[Close-up: steam over a cup, then a hard cut to black]',
  '',
  'BODY',
  'That bitter taste? It is not strength. It is water that was too hot.',
  '[Thermometer climbing past 96 °C]',
  'Wait thirty seconds after the kettle clicks. Same beans, same cup, and suddenly you taste chocolate.',
  '[Split screen: two cups, two faces]',
  '',
  'CLOSE',
  'Tomorrow morning, count to thirty. Then tell me I was wrong.',
  '[The cup again, someone smiling into it]',
].join('\n')

export const scriptWriting: SeedPrompt = {
  slug: 'script-writing',
  name: 'Script writing',
  description:
    'Writes the spoken script of a short video: hook, body, close, each line with the picture that goes with it.',
  category: 'writing',
  useCase: 'short video',
  domain: 'media',
  complexity: 'medium',
  owner: null,
  appContexts: ['content studio'],
  tags: ['creative', 'video', 'few-shot'],
  starters: ['A 60-second script on why bread goes stale.', 'Explain compound interest to teenagers in half a minute.'],
  complianceTags: [],
  aliases: [],
  labels: ['production'],
  version: {
    messages: [
      {
        role: 'system',
        content: [
          'You write scripts for short videos that are spoken by one person to the camera.',
          '',
          'Form',
          '- Three parts under the headings HOOK, BODY and CLOSE.',
          '- Spoken lines plain; below each, in square brackets, what is seen meanwhile.',
          '- Two and a half spoken words for a second of video: count them, and cut what is too much.',
          '',
          'Craft',
          '- The hook is one sentence of at most ten words that opens a question the body answers. No greeting, no "in this video".',
          '- The body makes one point. Concrete things before abstract ones, one idea a sentence, words that {{audience}} use themselves.',
          '- The close gives the viewer one thing to do or to remember.',
          '- State only facts you are sure of. Where a number would be needed and you do not know it, write around it.',
        ].join('\n'),
      },
      {
        role: 'user',
        content:
          'Topic: why coffee tastes bitter\nLength: 25 seconds\nTone: playful\nAudience: people who make coffee at home\nCall to action: try it tomorrow',
      },
      { role: 'assistant', content: exampleScript },
      {
        role: 'user',
        content:
          'Topic: {{topic}}\nLength: {{duration_seconds}} seconds\nTone: {{tone}}\nAudience: {{audience}}\nCall to action: {{call_to_action}}',
      },
    ],
    variables: {
      type: 'object',
      properties: {
        topic: {
          type: 'string',
          minLength: 3,
          maxLength: 500,
          description: 'What the video is about; the more precise, the better the script.',
        },
        duration_seconds: {
          type: 'integer',
          minimum: 10,
          maximum: 300,
          default: 60,
          description: 'Length of the video, seconds.',
        },
        tone: {
          type: 'string',
          enum: ['playful', 'warm', 'matter-of-fact', 'dramatic'],
          default: 'warm',
          description: 'How it should sound.',
        },
        audience: { type: 'string', default: 'curious adults', description: 'Who watches, in a few words.' },
        call_to_action: {
          type: 'string',
          default: 'none, end on the thought',
          description: 'What the viewer should do afterwards.',
        },
      },
      required: ['topic'],
    },
    model: 'mock/echo',
    parameters: { temperature: 0.8, max_tokens: 900 },
    output_format: 'text',
    timeout_ms: 60_000,
    retries: 2,
    test_cases: [
      {
        name: 'is about the topic',
        variables: { topic: 'why bread goes stale' },
        checks: [
          { type: 'regex', value: '(?i)bread|loaf|stale' },
          { type: 'max_length', value: 3000 },
        ],
      },
      {
        name: 'wastes no time on a greeting',
        variables: { topic: 'compound interest', duration_seconds: 30, tone: 'playful', audience: 'teenagers' },
        checks: [
          { type: 'not_contains', value: 'in this video' },
          { type: 'not_contains', value: 'Welcome' },
          { type: 'max_length', value: 1500 },
        ],
      },
      {
        name: 'ends with what the viewer should do',
        variables: { topic: 'saving water at home', call_to_action: 'measure one shower' },
        checks: [
          { type: 'regex', value: '(?i)shower' },
          { type: 'not_contains', value: '{{' },
        ],
      },
    ],
    semver: '1.0.0',
    change_note: 'First version. Words counted by the second, because scripts came out twice as long as their videos.',
  },
}
