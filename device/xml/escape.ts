// Text and attribute values as Canonical XML writes them (1.1, 2.3): what is made here is canonical already.

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
}

/** Character data of an element. */
export function escapedText(value: string): string {
  return /[&<>\r]/.test(value) ? value.replace(/[&<>\r]/g, character => escapes[character] ?? character) : value
}

/** The value of an attribute in double quotes. */
export function escapedAttribute(value: string): string {
  return /[&<"\t\n\r]/.test(value) ? value.replace(/[&<"\t\n\r]/g, character => escapes[character] ?? character) : value
}
