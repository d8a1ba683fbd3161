// What is printed on the test target beside its marks, for whoever prints and scans it. The sheet is made by the device,
// which imports nothing of the screen's texts; its languages are the same.

export interface SheetTexts {
  readonly title: string
  /** One line each below the marks. */
  readonly instructions: readonly string[]
}

export const sheetTexts: Readonly<Record<string, SheetTexts>> = Object.freeze({
  ca: {
    title: 'Full de prova de l’escàner',
    instructions: [
      'Imprimiu-lo en A4 al 100 %, sense ajustar-lo a la pàgina, en paper blanc mat. Entre els centres de les marques: 170 × 225 mm.',
      'Escanegeu-lo per aquesta cara, sense plecs ni taques. Canvieu-lo quan s’embruti o s’esgrogueeixi.',
    ],
  },
  es: {
    title: 'Hoja de prueba del escáner',
    instructions: [
      'Imprímala en A4 al 100 %, sin ajustarla a la página, en papel blanco mate. Entre los centros de las marcas: 170 × 225 mm.',
      'Escanéela por esta cara, sin pliegues ni manchas. Cámbiela cuando se ensucie o amarillee.',
    ],
  },
  en: {
    title: 'Scanner test target',
    instructions: [
      'Print it on A4 at 100 %, not fitted to the page, on matt white paper. Between the centres of the corner marks: 170 × 225 mm.',
      'Scan this side, without folds or stains. Replace it when it gets dirty or turns yellow.',
    ],
  },
})
