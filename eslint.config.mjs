// The rules for the lab extension, the fences between its capabilities among them.
import jupyter from '@jupyter/eslint-plugin';
import tseslint from 'typescript-eslint';

const slices = ['catalog', 'clusters', 'storage', 'experiments', 'jobs', 'teams', 'search'];

/** Forbid imports that match the patterns in some files. */
const fence = (files, group, message) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ group, message }] }] }
});

export default [
  { ignores: ['**/*.js', '**/*.mjs', 'labextension/src/api/schema.ts'] },
  ...tseslint.configs.recommended,
  { plugins: { jupyter } },
  ...jupyter.configs.recommended,
  {
    files: ['labextension/src/**/*.{ts,tsx}'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { args: 'after-used' }],
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      // What a plugin needs at once is small; pages and drawing libraries are imported when first opened.
      'jupyter/prefer-lazy-imports': 'off',
      'no-console': 'error',
      curly: ['error', 'all'],
      eqeqeq: 'error'
    }
  },
  { files: ['labextension/src/**/*.spec.ts'], rules: { 'max-lines-per-function': 'off' } },
  ...slices.map(own =>
    fence(
      [`labextension/src/${own}/**`],
      slices
        .filter(slice => slice !== own)
        .flatMap(slice => [`**/${slice}/*`, `!**/${slice}/tokens`]),
      'Another capability is reached through its tokens.'
    )
  ),
  fence(
    ['labextension/src/api/**', 'labextension/src/ui/**'],
    slices.map(slice => `**/${slice}/**`),
    'Shared code knows no capability.'
  )
];
