import java.security.Security;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** EU DSS as an oracle: `validate`, `sign`, `extend` and `countersign`, as jobs on standard input. */
public final class Dss {
  private Dss() {}

  public static void main(String[] arguments) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    Logger root = Logger.getLogger("");
    for (var handler : root.getHandlers()) handler.setLevel(Level.SEVERE);
    BaselineMessages.collect();
    Jobs.answer(Map.of("validate", Validate::answer, "sign", Make::sign, "countersign", Make::countersign, "extend", Make::extend));
  }
}
