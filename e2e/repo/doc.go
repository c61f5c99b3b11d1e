// Package repo holds tests of the repository as a whole: which package may import which, rules of the code that
// no linter knows, and documents whose links lead somewhere. They read files and build nothing.
package repo
