/** Version of this Promptbox; a test holds it equal to package.json, so that nothing has to be read at start. */
export const promptboxVersion = '0.1.0'
