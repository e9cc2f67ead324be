"""Given names that may be one: short forms, spellings, forms of other languages. A table and its look-up."""

# ruff: noqa: E501 - a table

from collections import defaultdict
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

# One line a name: whoever bears one of a line may be called by another. A form may stand in several lines ("pat").
# Written from the usual English, German, Romance and Slavic short forms (behindthename.com lists the same relations).
NAMES = """
abigail abby abbie gail
abraham abe bram ibrahim ebrahim
adelaide adele addie heidi adelheid
agnes aggie agnieszka
albert al bert alberto bertie
alexander alex al alec alexandre alejandro aleksandr aleksander alessandro sandy sasha sascha xander iskander alyaksandr oleksandr alexandr zander
alexandra alex sandra sandy alexa sasha alejandra aleksandra alessandra lexi
alfred al fred alf alfie alfredo freddie
alice ali alicia allie
allan alan allen al alun
amanda mandy amandine
amelia amy millie emilia emily mia amalia
anastasia anastassia nastassia nastasia stacy stacey ana nastya anastasiya
andrew andy drew andre andreas andrea andrei andrey andrzej anders andres ondrej
angela angie angelica angelina
ann anne anna annie ana anya hannah nancy hanna anja
anabella annabella annabelle annabel anabel anabelle bella
anthony tony antonio anton antoine antony toni
antonia toni antoinette
arthur art artie arturo artur
barbara barb babs barbie bobbie varvara
beatrice bea beatrix beatriz
benjamin ben benny benji benjamim
bernard bernie bernardo bernhard
bernadette bernie
bradley brad
bradford brad
brandon brendan brandan
brian bryan bryon
bridget biddy brigid bridie brigitte birgit
calvin cal
cameron cam
candace candice kandace candy kandice candis
carol caroline carolyn carrie carolina karoline lina karolina caro
catherine katherine kathryn cathy kathy kate katie kitty kat cate katharina catalina caterina katarina katrin karen ekaterina catharine cath kath katharine katerina kathleen cathleen yekaterina
cecilia cecily celia cissy
charles charlie chuck chas charley carlos karl carl carlo karel chaz
charlotte charlie lottie lotte char carlotta
christian chris christiaan kristian cristian
christina christine chris chrissie tina kristin kristina kristen kristine christy cristina christa christiane kirsten kirstin krystyna
christopher chris kit topher christophe christoph cristobal kristofer krzysztof christoffer kris
constance connie
cornelius neil kees
curtis curt kurt
cynthia cindy
daniel dan danny danny daniele dani danilo
danielle daniela daniella dani
darrell darryl darrel daryl
david dave davey davide dawid davy
deborah debbie deb debra debora
dennis denis denny denys
derek derrick dirk
diana diane dianne di
dominic dom nick dominick dominik domenico dominique
donald don donnie
dorothy dot dottie dolly dorothea thea
douglas doug
edmund ed eddie ned ted edmond
edward ed eddie ned ted teddy eduardo edvard eduard edoardo edouard
edwin ed eddie edvin
eleanor ellie nell nora elaine helen eleanora lenore
elizabeth liz beth betty lizzie eliza lisa betsy elisabeth libby bess elsie elise elisabetta isabel isabella elspeth elizaveta lizzy lise liesl
ellen ellie nell helen
emily em emmy emilia millie
emma em emmy
emmanuel manny manuel emanuel
eric erik erich rick
ernest ernie ernst ernesto
esther hester essie
eugene gene eugenio evgeny yevgeny
evan ewan euan ivan
evelyn eve evie
fatima fatma fatimah
ferdinand ferdi fernando nando
florence flo florrie flora
frances fran francie francesca frankie franny franziska francoise
francis frank fran frankie francisco franz paco francesco francois pancho franciszek
franklin frank
frederick fred freddy freddie rick fritz friedrich frederic federico fredrik frederik
gabriel gabe gabriele
gabrielle gabby gabriella gabriela gaby
genevieve ginny
george jorge georg georgie georges giorgio yuri jerzy georgios jiri geo georgy
geoffrey jeffrey jeff geoff jeffery geoffry
gerald gerry jerry gerard gerhard gerrit gerardo
gertrude trudy gertie
gilbert gil bert
gordon gord
grace gracie graciela
graham graeme grahame
gregory greg gregor grigory gregorio grzegorz greg
guillermo memo william
gustav gus gustavo gustave august augustus
gwendolyn gwen wendy
harold harry hal harald
harriet hattie harry
helen helena elena nell lena ellen helene eleni olena yelena
henry harry hank hal heinrich enrique henri hendrik henrik enrico heinz heiner henryk
herbert herb bert
herman hermann armand
howard howie howe
hubert hugh bert hugo
hussein husain hussain hossein husayn
ian iain
ignatius iggy nacho ignacio
irene rene irina irena
isaac ike zac izzy
isabel isabella bella izzy isabelle isobel belle izzie
isidore izzy dora
jacob jake jack jakob jacques james yakov jacobo
jacqueline jackie jacqui jacquelyn jaclyn
james jim jimmy jamie jaime jem diego jaimie
jane janet jenny jean janey joanna jana janie janice jayne
jason jay jase
jasmine jas yasmin jazmin yasmine jazz
jean jeanne jeannie john
jennifer jen jenny jenna jenifer jenn jennie
jeremy jerry jem jeremiah
jerome jerry
jessica jess jessie
joan joanna jo joanne jane joann johanna
john jack johnny jon jean juan johann johannes jan ivan giovanni sean ian joao hans johan jens jannis ioannis evan shaun shawn yannick jonny
jonathan jon john nathan jonny johnathan jonathon jonny
joseph joe joey jose josef giuseppe pepe jo jozef jusuf yusuf youssef yosef yousef iosif
josephine jo josie josefina fifi
joshua josh
joyce joy
judith judy jude
julia julie juliet juliana jules giulia yulia
julian jules julio julien
karen karin carin kari
keith kieth
keeley kaylee kayleigh keely kayley kaylie
kenneth ken kenny
kimberly kim kimberley
laura laurie lori lauren lara
laurence lawrence larry laurie lorenzo lars lorenz laurent loren
lea leah lee leigh lia
leo leon leonardo leonard len lenny lev
leonard leo len lenny lennie leonardo
leslie les lesley
lillian lily lil lilian lilly liliana lillie
linda lindy lynn
louis luis lewis lou louie luigi ludwig luiz ludovic lajos
louise lou luisa lulu louisa
lucas luke luc luca lukas lucian
lucy lucille lucia lucie lucinda luz
lydia liddy lidia
madeline maddy maddie madeleine magdalena madelyn
magdalena magda lena madeline maddalena
malcolm mal
marcus mark marc marcos marco markus marek
margaret maggie meg peggy peg marge margie margarita greta rita madge maisie marguerite peggie daisy gretchen margot margarete molly marjorie grete margareta megan
marie mary maria mia mari marija
mariam miriam maryam mary
marion marian marianne mary
martha marty marta mattie
martin marty martijn martino marten
martina tina
mary marie maria molly polly mae mamie may
matilda tilly mattie maud mathilde
matthew matt matty mateo mathieu matteo matthias mathew mateusz mats matti matthieu
maurice morris mo mauricio maurizio moritz morrie maury moe
maximilian max maxim maximiliano
megan meg meghan
melanie mel
melissa mel missy
michael mike mick mickey miguel michel mikhail mikey michele michal mischa mikael micheal mikhael mihai misha
michelle shelly chelle michele shell
mildred millie
miranda mandy randi
mitchell mitch
mohammed muhammad mohamed mohammad muhammed mohd mhd mohamad mehmet mo muhamed mohamet mohammod muhammet md mahomet
monica mona monique
montgomery monty
mustafa mustapha mostafa
natalie nat natalia natasha nataliya natalya nathalie
nathaniel nat nate nathan nathanael
nathan nate nat
neil neal niall
nicholas nick nicky nico klaus nikolai nicolas nikolas niko claus nicola nicolai mikolaj nikolay nickolas nikos colin
nicole nicky nicola nikki nicolette
norman norm
olivia liv livvy olive
oliver ollie olivier oli
oscar ozzie oskar
oswald ozzie
pamela pam
patricia pat patty trish tricia patsy patti trisha
patrick pat paddy padraig rick patricio patrik
paul pablo paolo pavel pauli paulo pawel pal
paula pauline polly paulina
penelope penny
peter pete pedro pierre pietro petr piotr pjotr pieter peder petros petra
philip phil phillip felipe philippe filip filippo pip
rachel rae rachael raquel rachelle
rafael rafe raphael raffaele raf
raymond ray ramon raimund
rebecca becky becca bex rebekah reba
reginald reg reggie rex
rhonda ronda
richard dick rick rich ricky ricardo richie ritchie riccardo rik rickie
robert bob rob bobby robbie bert roberto rupert robin bobbie robby
roberta bobbie bobby
rodney rod
roderick rod rory rick
roger rodger rogelio rog
roland rollo orlando rolando rollie
ronald ron ronnie ronaldo
rose rosie rosa rosemary rosalind rosalie rosamund
rosemary rosie rosemarie rosemay rose
rudolph rudy rolf rudolf
russell russ rusty
ruth ruthie
sahra sarah sara sally sadie zara sarita
samantha sam sammy
samuel sam sammy samuele
sandra sandy sondra alexandra
sebastian seb bas bastian sebastien
sergei serge sergio sergey serhiy
sharon shari sheron
shirley shirl
sidney syd sid sydney
silvia sylvia sylvie
simon sy simeon simone
solomon sol sal suleiman
sophia sophie sofia sofie zofia
stanley stan stanislav stanislaw
stephanie steph stefanie stephany stef stefania steffi
stephen steve steven stefan esteban stephan stevie etienne stefano stephane szczepan istvan
stuart stewart stu
susan sue suzanne susie suzy susanna susanne suzie zuzana susana suzanna
tamara tammy
terence terry terrence
teresa theresa terry tess tessa tracy therese teresita terri
theodore ted teddy theo teodoro fyodor theodor
thomas tom tommy tomas tommaso tomasz thom
timothy tim timmy timo timothee timofey
tobias toby
tracy tracey
ursula uschi
valentine val valentin
valerie val
vanessa nessa
veronica ronnie vera roni veronika
victor vic viktor vittorio
victoria vicky tori vic viktoria vicki vickie
vincent vince vinnie vicente vincenzo vinny
violet vi
virginia ginny ginger
vivian viv vivienne
vladimir vlad volodymyr vova wladimir
walter wally walt wolter
wendy gwen
wilhelmina mina wilma minnie
william bill will billy willy liam guillermo wilhelm willem guillaume bil willie guglielmo wim
winifred winnie freda
wolfgang wolf
xavier javier xavi
zachary zach zack zac zachariah zak zachery
zoe zoey
"""
MOST_GROUPS = 6


@lru_cache(maxsize=1)
def _groups() -> dict[str, tuple[int, ...]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(NAMES.strip().splitlines(), 1):
        for name in dict.fromkeys(line.split()):
            groups[name].append(number)
    return {name: tuple(numbers[:MOST_GROUPS]) for name, numbers in groups.items()}


def nickname_groups(given: str) -> tuple[int, ...]:
    """The numbers of the names that ``given`` (folded) may stand for; empty where we know none."""
    return _groups().get(given, ())


def group_table(givens: list[str]) -> NDArray[np.int16]:
    """A row a given name, of ``MOST_GROUPS`` group numbers; 0 is none."""
    table = np.zeros((len(givens), MOST_GROUPS), dtype=np.int16)
    for row, given in enumerate(givens):
        numbers = nickname_groups(given)
        table[row, : len(numbers)] = numbers
    return table
