/** Ways in which a network may cut the bytes of an answer; every one of them has to read the same. */
export const cuts: Readonly<Record<string, (bytes: Buffer) => Buffer[]>> = {
  'in one piece': (bytes) => [bytes],
  'at each byte': (bytes) => everyBytes(bytes, 1),
  'at each seventh byte': (bytes) => everyBytes(bytes, 7),
  'inside every UTF-8 character': (bytes) => cutAt(bytes, (index) => ((bytes[index] ?? 0) & 0xc0) === 0x80),
  'inside every line end': (bytes) => {
    const crlf = Buffer.from(bytes.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1')
    return cutAt(crlf, (index) => crlf[index] === 0x0a && crlf[index - 1] === 0x0d)
  },
  'between the lines': (bytes) => cutAt(bytes, (index) => bytes[index - 1] === 0x0a),
  'between the events': (bytes) => cutAt(bytes, (index) => /\n\r?\n$/.test(bytes.toString('latin1', index - 3, index))),
}

export function everyBytes(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
}

function cutAt(bytes: Buffer, here: (index: number) => boolean): Buffer[] {
  const parts: Buffer[] = []
  let start = 0
  for (let index = 1; index < bytes.length; index += 1) {
    if (!here(index)) continue
    parts.push(bytes.subarray(start, index))
    start = index
  }
  return [...parts, bytes.subarray(start)]
}
