/**
 * What the operating system offers beside the JDK: address space that costs nothing until it is touched, the CPUs of the process
 * and the binding of threads to them, and native calls of one shape.
 *
 * <p>Knows nothing of models or numbers. What the system, its policy or the JVM's options do not allow is reported absent; nothing
 * here fails because of that, and nothing is tried that the JVM would warn about.
 */
package io.picaflor.platform;
