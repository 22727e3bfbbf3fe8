using Kumiki.Statistics;
using Xunit;

namespace Kumiki.Ground.Tests.Statistics;

public sealed class RankingTests
{
    [Fact]
    public void Figures_of_rankings_are_scikit_learns_or_the_mean_over_every_order_of_ties()
    {
        var given = Golden.Of("ranking");
        double[] relevance = given.Numbers("relevance"), scores = given.Numbers("scores");
        var queries = given.Integers("queries");
        foreach (var at in given.GetProperty("figures").EnumerateArray())
        {
            var k = at.GetProperty("k").GetInt32();
            Golden.Same(at.Number("linear"), Ranking.Ndcg(relevance, scores, queries, k, Gain.Linear), $"linear NDCG@{k}");
            Golden.Same(at.Number("exponential"), Ranking.Ndcg(relevance, scores, queries, k, Gain.Exponential), $"exponential NDCG@{k}");
            Golden.Same(at.Number("map"), Ranking.MeanAveragePrecision(relevance, scores, queries, k), $"MAP@{k}");
            Golden.Same(at.Number("mrr"), Ranking.MeanReciprocalRank(relevance, scores, queries, k), $"MRR@{k}");
            Golden.Same(at.Number("precision"), Ranking.PrecisionAt(k, relevance, scores, queries), $"precision@{k}");
            Golden.Same(at.Number("recall"), Ranking.RecallAt(k, relevance, scores, queries), $"recall@{k}");
        }
    }

    [Fact]
    public void A_constant_score_wins_nothing_from_the_order_of_the_rows()
    {
        double[] first = [1, 0, 0, 0], last = [0, 0, 0, 1], same = [5, 5, 5, 5];

        Assert.Equal(Ranking.MeanReciprocalRank(first, same, [4]), Ranking.MeanReciprocalRank(last, same, [4]));
        Assert.Equal((1 + 1 / 2.0 + 1 / 3.0 + 1 / 4.0) / 4, Ranking.MeanReciprocalRank(first, same, [4]), 1e-15);
        Assert.Equal(0.25, Ranking.PrecisionAt(1, first, same, [4]));
    }

    [Fact]
    public void Bad_rows_are_refused_in_a_sentence_that_names_the_figure()
    {
        Refused.Because("NDCG found -1 among the grades, in row 2", () => Ranking.Ndcg([1, -1], [1, 2], [2], 5, Gain.Linear));
        Refused.Because("NDCG found 100 among the grades, in row 1, but they must be from 0 to 60", () => Ranking.Ndcg([100], [1], [1], 5, Gain.Exponential));
        Refused.Because("Mean reciprocal rank found NaN among the scores, in row 1", () => Ranking.MeanReciprocalRank([1], [double.NaN], [1]));
        Refused.Because("Recall at k found 0 among the queries' row counts, in row 2", () => Ranking.RecallAt(1, [1], [1], [1, 0]));
        Refused.Undefined("Mean average precision needs at least one row", () => Ranking.MeanAveragePrecision([], [], []));
        Assert.Throws<ArgumentOutOfRangeException>(() => Ranking.Ndcg([1], [1], [1], 0, Gain.Linear));
        Assert.Throws<ArgumentException>(() => Ranking.Ndcg([1, 2], [1, 2], [3], 1, Gain.Linear));
        Assert.Throws<ArgumentException>(() => Ranking.Ndcg([1, 2], [1], [2], 1, Gain.Linear));
    }

    [Fact]
    public void Recall_of_a_search_counts_the_relevant_items_among_the_first_k()
    {
        int[] returned = [4, 7, 1, 9, 2, -1, 5, 5, 5], relevant = [7, 1, 2, 3], counts = [2, 2, 0];

        Assert.Equal((0.5 + 0.5) / 2, Retrieval.RecallAt(2, returned, 3, relevant, counts));
        Assert.Equal((1 + 0.5) / 2, Retrieval.RecallAt(3, returned, 3, relevant, counts));
        Assert.Throws<ArgumentOutOfRangeException>(() => Retrieval.RecallAt(4, returned, 3, relevant, counts));
        Assert.Throws<ArgumentException>(() => Retrieval.RecallAt(1, returned, 3, [1, 2, 3, 4, 5], counts));
        Assert.Throws<ArgumentException>(() => Retrieval.RecallAt(1, returned, 3, [1], counts));
        Refused.Undefined("Recall at k needs at least 1 queries with a relevant item", () => Retrieval.RecallAt(1, [1], 1, [], [0]));
    }
}

public sealed class ClusteringTests
{
    [Fact]
    public void Agreement_of_groups_is_scikit_learns()
    {
        foreach (var given in Golden.Of("clustering").EnumerateArray())
        {
            int[] truth = given.Integers("truth"), found = given.Integers("found");
            Golden.Same(given.Number("rand"), Clustering.AdjustedRand(truth, found), "adjusted rand");
            Golden.Same(given.Number("nmi"), Clustering.NormalizedMutualInformation(truth, found), "nmi");
            Golden.Same(given.Number("ami"), Clustering.AdjustedMutualInformation(truth, found), "ami");
        }
        var silhouette = Golden.Of("silhouette");
        Golden.Same(silhouette.Number("value"), Clustering.Silhouette(silhouette.Numbers("points"), 3, silhouette.Integers("groups")), "silhouette");
    }

    [Fact]
    public void Bad_rows_are_refused()
    {
        Refused.Undefined("The adjusted Rand index needs at least one row", () => Clustering.AdjustedRand([], []));
        Refused.Because("Adjusted mutual information found -1 among the groups, in row 1", () => Clustering.AdjustedMutualInformation([1], [-1]));
        Refused.Because("Silhouette found NaN among the points, in row 2", () => Clustering.Silhouette([1, 2, double.NaN, 3], 2, [0, 1]));
        Refused.Undefined("Silhouette needs at least 2 groups, but there are 1", () => Clustering.Silhouette([1, 2, 3], 1, [4, 4, 4]));
        Refused.Undefined("Silhouette needs at least 4 rows (more than groups), but there are 3", () => Clustering.Silhouette([1, 2, 3], 1, [1, 2, 3]));
        Assert.Throws<ArgumentException>(() => Clustering.Silhouette([1, 2, 3], 2, [1, 2]));
        Assert.Throws<ArgumentException>(() => Clustering.AdjustedRand([1], [1, 2]));
    }
}
