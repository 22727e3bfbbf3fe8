using System.ComponentModel.DataAnnotations;

namespace CreditRisk;

/// <summary>How somebody earns.</summary>
public enum Employment { Employee, SelfEmployed, Contract, Pension, None }

/// <summary>A loan that somebody asked for, as it was known on the day, and how it ended.</summary>
/// <param name="Sex">For tests of fairness only; no model reads it.</param>
/// <param name="Income">A year's, in JPY.</param>
/// <param name="Amount">Asked for, in JPY.</param>
/// <param name="Months">To pay it back in.</param>
/// <param name="LatePayments">Of the two years before, as the credit bureau has them; none where it knows nothing of the person.</param>
/// <param name="Savings">In JPY; missing where it was not told.</param>
/// <param name="Reason">What it is for, in the applicant's words as the clerk filed them.</param>
/// <param name="CollectionCalls">Calls by the collection department. Known only afterwards: a model that reads it knows the answer.</param>
/// <param name="Defaulted">Whether three payments in a row were missed.</param>
/// <param name="LostShare">The share of the amount that was lost; of loans that defaulted.</param>
public sealed record Application(
    string Id, DateOnly AppliedOn, [Range(18, 100)] int Age, string Sex, string Region, Employment Employment, [Range(0, 60)] double EmployedYears, string Housing, [Range(0, 1e9)] double Income,
    [Range(1, 1e8)] double Amount, [Range(3, 120)] int Months, string Reason, [Range(0, 100)] int? LatePayments, double? Savings, [Range(0, 50)] int OtherLoans, int? CollectionCalls, bool Defaulted,
    [Range(0, 1)] double? LostShare);

/// <summary>What the answer to an application is.</summary>
public enum Verdict { Grant, Review, Decline }
