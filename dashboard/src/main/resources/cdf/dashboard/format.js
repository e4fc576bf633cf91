// Quantities as people read them; an en dash is for what nobody knows.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const two = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const finest = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });

export const known = value => value !== null && value !== undefined;
export const count = value => known(value) ? whole.format(value) : "–";
export const rate = value => known(value) ? (value < 10 ? one : whole).format(value) : "–";
export const seconds = millis => known(millis) ? (millis < 9950 ? two : one).format(millis / 1000) : "–";
export const time = millis => clock.format(millis);
export const timeWithMillis = millis => finest.format(millis);
export const counted = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

// How long ago something was, in words that stay true for a while.
export function ago(millis) {
  const passed = Math.max(0, Math.round(millis / 1000));
  if (passed < 60) return `${passed} s ago`;
  return passed < 7200 ? `${Math.round(passed / 60)} min ago` : `${Math.round(passed / 3600)} h ago`;
}
