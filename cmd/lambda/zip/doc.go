// Command zip makes the deployment package of the bootstrap: zip BOOTSTRAP ZIP. The same binary gives the same bytes, so that what did not
// change is not deployed again.
package main
