/** Files: written whole or not at all, read with failures a person can act on. May use {@code core.error} and Jackson. */
package org.mixdq4j.core.io;
