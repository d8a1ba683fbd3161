// placeholder until the text of extra parameters has its own file
import { parseProperties } from './java-properties.ts'

export function parseExtraParams(base64: string): ReadonlyMap<string, string> {
  return parseProperties(Buffer.from(base64, 'base64').toString('utf8'))
}
