package dev.skein.kernels;

/** Runs the battery in a JVM of its own and answers with the vector width and the digest. */
public final class BatteryMain {
  private BatteryMain() {}

  public static void main(String[] args) {
    long digest = 0;
    for (int i = 0; i < 3; i++) { // later rounds run compiled code
      digest = Battery.digest(Battery.run(Kernels.vector()));
    }
    System.out.println(Lanes.BITS + " " + digest);
  }
}
