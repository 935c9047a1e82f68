import dev.skein.client.Answer;
import dev.skein.client.ChatRequest;
import dev.skein.client.Piece;
import dev.skein.client.SkeinClient;
import java.net.URI;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;

/** Two turns of a session: one as a whole, one as it grows. */
class Story {
  public static void main(String[] arguments) throws Exception {
    URI router = URI.create(arguments.length > 0 ? arguments[0] : "http://localhost:8080");
    try (SkeinClient skein = SkeinClient.of(router)) {
      Answer answer =
          skein.send(ChatRequest.of("Tell me a story about a fox.").session("dora").seed(3));
      System.out.println(answer.text());
      CountDownLatch end = new CountDownLatch(1);
      skein
          .stream(ChatRequest.of("What was its name?").session("dora"))
          .subscribe(
              new Flow.Subscriber<Piece>() {
                private Flow.Subscription subscription;

                @Override
                public void onSubscribe(Flow.Subscription given) {
                  subscription = given;
                  subscription.request(1);
                }

                @Override
                public void onNext(Piece piece) {
                  System.out.print(piece.text());
                  subscription.request(1);
                }

                @Override
                public void onError(Throwable error) {
                  System.err.println(error.getMessage());
                  end.countDown();
                }

                @Override
                public void onComplete() {
                  System.out.println();
                  end.countDown();
                }
              });
      end.await();
      System.out.println(skein.sessions().show("dora"));
      skein.sessions().delete("dora");
    }
  }
}
