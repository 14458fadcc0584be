package translog

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Origin is the name of a tenant's log. It does not change when the log is restored from a backup, and tells
// nobody whose it is.
func Origin(tenantKey []byte) string {
	mac := hmac.New(sha256.New, tenantKey)
	mac.Write([]byte("origin"))
	return "kith.internal/log/" + strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil))[:10])
}

// NewKey makes a key that signs for an origin. The line it returns is secret; PublicKey tells what may
// be known of it.
func NewKey(origin string) (string, error) {
	secret, _, err := note.GenerateKey(rand.Reader, origin)
	return secret, err
}

// secretKey is how the line of a signing key begins.
const secretKey = "PRIVATE+KEY+"

// Signers reads the signing keys of a file, one a line. All sign while they stand; the last is the newest,
// and signs first. A public key in the file is that of a key that signs no more.
func Signers(file []byte) ([]note.Signer, error) {
	var all []note.Signer
	for _, line := range keyLines(file) {
		if !strings.HasPrefix(line, secretKey) {
			continue
		}
		s, err := note.NewSigner(line)
		if err != nil {
			return nil, errors.New("a line of the signing keys is no key") // which is not said: it is secret
		}
		if len(all) > 0 && s.Name() != all[0].Name() {
			return nil, fmt.Errorf("the signing keys are of two logs: %s and %s", s.Name(), all[0].Name())
		}
		all = append([]note.Signer{s}, all...)
	}
	return all, nil
}

// Retire returns a file in which only the newest key signs: of those before, the public keys are left.
func Retire(file []byte) (string, error) {
	all := keyLines(file)
	var b strings.Builder
	for i, line := range all {
		if strings.HasPrefix(line, secretKey) && slices.ContainsFunc(all[i+1:], func(s string) bool { return strings.HasPrefix(s, secretKey) }) {
			public, err := publicKey(line)
			if err != nil {
				return "", err
			}
			line = public
		}
		fmt.Fprintln(&b, line)
	}
	return b.String(), nil
}

// PublicKeys are what verifies the signatures of all keys of a file, those that sign no more too, one a line.
func PublicKeys(file []byte) (string, error) {
	var b strings.Builder
	for _, line := range keyLines(file) {
		if strings.HasPrefix(line, secretKey) {
			public, err := publicKey(line)
			if err != nil {
				return "", err
			}
			line = public
		} else if _, err := note.NewVerifier(line); err != nil {
			return "", errors.New("a line of the signing keys is no key")
		}
		fmt.Fprintln(&b, line)
	}
	return b.String(), nil
}

// publicKey takes the seed out of a key as note writes it: PRIVATE+KEY+name+hash+base64(1, seed).
func publicKey(secret string) (string, error) {
	s, err := note.NewSigner(secret)
	if err != nil {
		return "", errors.New("a line of the signing keys is no key")
	}
	parts := strings.SplitN(secret, "+", 5)
	seed, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return "", errors.New("a line of the signing keys is no Ed25519 key")
	}
	public := ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey)
	return note.NewEd25519VerifierKey(s.Name(), public)
}

// Verifiers reads public keys, one a line: all that the log has ever had.
func Verifiers(file []byte) (note.Verifiers, error) {
	var all []note.Verifier
	known := map[string]bool{}
	for _, line := range keyLines(file) {
		v, err := note.NewVerifier(line)
		if strings.HasPrefix(line, secretKey) {
			return nil, errors.New("this is a key that signs, which is secret: to verify, take the public keys (kith audit new-key prints them)")
		}
		if err != nil {
			return nil, fmt.Errorf("%q is no public key: %w", line, err)
		}
		if !known[line] {
			known[line], all = true, append(all, v)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("there is no public key")
	}
	return note.VerifierList(all...), nil
}

// keyLines are the lines that hold keys: not the empty ones, and no comments.
func keyLines(file []byte) []string {
	var all []string
	for line := range strings.Lines(string(file)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all
}
