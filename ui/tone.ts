// One short tone, so that the warning that time runs out reaches more than one sense. A kiosk without a loudspeaker
// stays silent and loses nothing else.

const toneHertz = 660
const toneSeconds = 0.35
const toneGain = 0.2

/** Plays the tone once. */
export function playTone(): void {
  const audio = new AudioContext()
  const oscillator = audio.createOscillator()
  const gain = audio.createGain()
  gain.gain.value = toneGain
  oscillator.frequency.value = toneHertz
  oscillator.connect(gain).connect(audio.destination)
  oscillator.addEventListener('ended', () => void audio.close())
  oscillator.start()
  oscillator.stop(audio.currentTime + toneSeconds)
}
