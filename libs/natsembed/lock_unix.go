//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package natsembed

import (
	"os"
	"syscall"
)

const errHeld = syscall.EWOULDBLOCK

func tryLock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
