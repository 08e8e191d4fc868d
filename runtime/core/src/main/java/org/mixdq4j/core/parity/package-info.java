/** Comparing networks with recordings of their original implementation. May use every package of core. */
package org.mixdq4j.core.parity;
