import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundaryOf, MultipartScanner } from '../../src/routes/multipart-scanner.ts'

interface Part {
  readonly name: string
  readonly filename: string | null
  readonly content: Buffer
}

const boundary = 'xYzZY'

function formOf(parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap(({ name, filename, content }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${filename === null ? '' : `; filename="${filename}"`}\r\n` +
        `${filename === null ? '' : 'Content-Type: application/octet-stream\r\n'}\r\n`,
    ),
    content,
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)])
}

/** Content that looks like a boundary in many ways without being one. */
const content = fc
  .array(fc.constantFrom('\r', '\n', '\r\n', '-', '--', '\r\n--', '\r\n--xYzZ', 'a', 'é', '\0'), { maxLength: 40 })
  .map((pieces) => Buffer.from(pieces.join('')))
  .filter((bytes) => !bytes.includes(`\r\n--${boundary}`))

const part = fc.record({
  name: fc.constantFrom('model', 'file', 'prompt', 'a b'),
  filename: fc.option(fc.constantFrom('speech.mp3', 'ü.wav', 'a;b.png'), { nil: null }),
  content,
})

describe('the multipart scanner', () => {
  it('finds every part where it stands, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
        (parts, sizes) => {
          const bytes = formOf(parts)
          const scanner = new MultipartScanner(boundary)
          for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
            const size = sizes[cut % sizes.length] ?? 1
            scanner.feed(bytes.subarray(at, at + size))
            at += size
          }
          const found = scanner.finish()
          expect(found.map(({ name, filename }) => ({ name, filename }))).toEqual(
            parts.map(({ name, filename }) => ({ name, filename })),
          )
          found.forEach((each, index) => {
            expect(bytes.subarray(each.start, each.end)).toEqual(parts[index]?.content)
            expect(each.value).toBe(parts[index]?.filename === null ? parts[index].content.toString('utf8') : null)
          })
        },
      ),
    )
  })

  it('takes a preamble, an epilogue and a boundary in quotes', () => {
    const scanner = new MultipartScanner(boundaryOf(`multipart/form-data; charset=utf-8; boundary="${boundary}"`))
    const form = formOf([{ name: 'model', filename: null, content: Buffer.from('m') }])
    scanner.feed(Buffer.concat([Buffer.from('ignored\r\n'), form, Buffer.from('also ignored')]))
    expect(scanner.finish()).toMatchObject([{ name: 'model', value: 'm' }])
  })

  it.each([
    ['closing boundary', `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\nb`],
    ['no name', `--${boundary}\r\nContent-Type: text/plain\r\n\r\nb\r\n--${boundary}--`],
    ['line break', `--${boundary}xx`],
    ['more than 16384 bytes', `--${boundary}\r\nContent-Disposition: ${'x'.repeat(20_000)}`],
    [
      'more than 262144 bytes',
      `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n${'x'.repeat(300_000)}`,
    ],
  ])('refuses a form and says why: %s', (words, text) => {
    const scanner = new MultipartScanner(boundary)
    expect(() => {
      scanner.feed(Buffer.from(text))
      scanner.finish()
    }).toThrow(words)
  })

  it('refuses a content type without a boundary', () => {
    expect(() => boundaryOf('multipart/form-data')).toThrow('boundary')
  })
})
