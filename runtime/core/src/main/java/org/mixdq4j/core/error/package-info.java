/** Failures that reach the user. May use nothing but the JDK. */
package org.mixdq4j.core.error;
