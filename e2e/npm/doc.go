// Package npm is for tests: it runs the servers that come as npm packages of e2e/package.json, each by a script e2e/NAME.mjs that prints the
// server's address and ends when its input does.
package npm
