/** The version of this build; test/docs.test.ts compares it with package.json. */
export const VERSION = '0.1.0';
