// The booth's sentences: they stand in the page, in a template, so that both languages come from the same catalogue as all
// other pages. `{name}` is filled in; a sentence with a number has a form for each plural of the language.

/**
 * @param {DocumentFragment | Element} holder elements with data-word, and data-form where there are plurals
 * @param {string} language
 */
export function words(holder, language) {
  const texts = new Map();
  for (const element of holder.querySelectorAll("[data-word]")) {
    const { word, form = "" } = element.dataset;
    texts.set(`${word}.${form}`, element.textContent.trim());
  }
  const plural = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language === "ar" ? "ar-u-nu-arab" : "en");
  const number = (value) => numbers.format(value);
  const filled = (text, values) =>
    text.replace(/\{(\w+)\}/g, (whole, name) => {
      const value = values[name];
      if (value === undefined) return whole;
      return typeof value === "number" ? number(value) : String(value);
    });
  /** A sentence; with `n` among the values in the plural that fits it. */
  const say = (word, values = {}) => {
    const form = values.n === undefined ? "" : plural.select(values.n);
    const text = texts.get(`${word}.${form}`) ?? texts.get(`${word}.other`) ?? texts.get(`${word}.`);
    if (text === undefined) throw new Error(`the page has no words for “${word}”`);
    return filled(text, values);
  };
  const has = (word) => texts.has(`${word}.`);
  return { say, has, number };
}

/** Days and times in the portal's zone, as its pages write them. */
export function moments(language, zone) {
  const locale = language === "ar" ? "ar-IQ-u-nu-arab-ca-gregory" : "en-GB";
  const whole = new Intl.DateTimeFormat(locale, {
    day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone,
  });
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric", timeZone: zone });
  return { moment: (value) => whole.format(new Date(value)), day: (value) => day.format(new Date(value)) };
}
