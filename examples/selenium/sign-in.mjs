/**
 * A Selenium suite that knows nothing of Fauxkey: it uses the virtual authenticators of WebDriver. Behind
 * `fauxkey webdriver` they are real HID keys, in Chromium and in Firefox.
 */
import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { Builder, By, Capabilities, Key, until } from 'selenium-webdriver';
import authenticators from 'selenium-webdriver/lib/virtual_authenticator.js';
import { createRelyingParty } from '../relying-party/server.mjs';

const patience = Number(process.env.PATIENCE_MS ?? 20_000);

/** What the example site says of the last ceremony, once it says something. */
async function resultOf(driver, button) {
  await driver.executeScript("document.querySelector('#result').textContent = ''");
  const control = await driver.findElement(By.xpath(`//button[contains(., '${button}')]`));
  await driver.wait(until.elementIsEnabled(control), patience);
  // The page moves while it shows what it knows: a key press finds a button wherever it is.
  await control.sendKeys(Key.ENTER);
  const result = await driver.findElement(By.id('result'));
  await driver.wait(until.elementTextMatches(result, /\S/), patience, `nothing after “${button}”`);
  return result.getText();
}

/** The key of a person who is there and can prove who they are. */
function passkeyHolder() {
  const options = new authenticators.VirtualAuthenticatorOptions();
  options.setHasResidentKey(true);
  options.setHasUserVerification(true);
  options.setIsUserVerified(true);
  return options;
}

/** Registers, signs in, proves who it is, and sees the site notice a copy of its key. */
export async function run(driver, url) {
  await driver.get(url);
  await driver.addVirtualAuthenticator(passkeyHolder());
  assert.match(await resultOf(driver, 'Register'), /verified/);
  const [credential] = await driver.getCredentials();
  assert.equal(credential?.rpId(), 'localhost');

  assert.match(await resultOf(driver, 'Sign in without a name'), /verified/);
  assert.match(await resultOf(driver, 'Step up'), /verified/);

  // A copy from before the key was used: its signature counter is behind.
  await driver.removeCredential([...credential.id()]);
  await driver.addCredential(credential);
  assert.match(await resultOf(driver, 'Sign in as'), /CounterWentBack/);

  await driver.removeAllCredentials();
  assert.deepEqual(await driver.getCredentials(), []);
  await driver.removeVirtualAuthenticator();
}

/** What one machine needs and another does not (programs, arguments, preferences) comes as JSON from outside. */
function browser(name) {
  const capabilities = { browserName: name, ...JSON.parse(process.env.CAPABILITIES ?? '{}') };
  return new Builder()
    .usingServer(process.env.SELENIUM_REMOTE_URL ?? 'http://127.0.0.1:4445')
    .withCapabilities(new Capabilities(capabilities))
    .build();
}

async function main(name) {
  const site = await createRelyingParty();
  const driver = await browser(name);
  try {
    await run(driver, site.url);
    console.log(`${name}: registered, signed in, stepped up, and caught with a copy`);
  } finally {
    await driver.quit();
    await site.close();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(process.argv[2] ?? 'chrome');
