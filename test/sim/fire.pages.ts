// The pages that a person sees at the simulated service: FIRe's entry, and the page of its Cl@ve test provider, which tells
// what will be signed and asks for the password and the code of the SMS. Plain HTML without scripts.

import type { SimAnswer } from './seal-server.ts'

export interface AuthPage {
  readonly remoteId: string
  readonly subject: string
  readonly application: string
  readonly titles: readonly string[]
  readonly wrong: boolean
}

export const authPath = '/clavefirma-test-services/test_pages/TestAuth.jsp'
export const servletPath = '/clavefirma-test-services/TestServiceAuthServlet'

export function authPage({ remoteId, subject, application, titles, wrong }: AuthPage): SimAnswer {
  const documents = titles.map(title => `<li>${escaped(title)}</li>`).join('')
  return page(
    'Cl@ve Firma (simulador)',
    `<p>${escaped(application)} · ${escaped(subject)}</p><ul>${documents}</ul>
${wrong ? '<p role="alert">La contraseña o el código no son correctos.</p>' : ''}
<form method="post" action="${servletPath}">
<input type="hidden" name="transactionid" value="${escaped(remoteId)}">
<label>Contraseña <input type="password" name="password" autocomplete="off"></label>
<label>Código del SMS <input name="sms" inputmode="numeric" autocomplete="off"></label>
<button name="action" value="sign">Firmar</button>
<button name="action" value="cancel">Cancelar</button></form>`,
  )
}

export function page(title: string, body: string, status = 200): SimAnswer {
  const head = `<!doctype html><html lang="es"><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width"><style>body{font:1.2rem sans-serif;max-width:30rem;margin:2rem auto;padding:0 1rem}
label,button{display:block;margin:.8rem 0;font:inherit}input{font:inherit;width:100%}button{padding:.8rem;width:100%}</style>`
  return { status, type: 'text/html; charset=utf-8', body: `${head}<h1>${title}</h1>${body}</html>` }
}

export function redirect(location: string): SimAnswer {
  return { status: 302, type: 'text/plain', body: '', headers: { location } }
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, one => `&#${one.charCodeAt(0)};`)
}
