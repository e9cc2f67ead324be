"""Which mailboxes belong to a role, and which mail domains anybody can sign up at. Lists only, no cleaning."""

# RFC 2142 names for common services, plus those that help desks and mail validators list (HubSpot "role-based
# email addresses", Mailgun "role_based"), in English, German, French, Spanish, Italian, Portuguese, Dutch.
ROLE_MAILBOXES = frozenset(
    """
    abuse accounting accounts accountspayable accountsreceivable admin administration administrator
    administracion admissions all alert alerts ap api ar automation backoffice billing board bookings bot
    bounce bounces bureau buchhaltung careers cc chat ci comercial commercial compliance comptabilite contact
    contacto contactus contato customer customercare customers customerservice customersupport cs daemon data
    datenschutz devnull dev devops direccion direction dns do-not-reply donotreply dpo editor einkauf email
    empfang engineering enquiries enquiry events everyone facturacion facturation faktura feedback finance
    financeiro fornitori ftp geral gestion hallo hello help helpdesk hi hola hostmaster hr info information
    informacion inbox inquiries inquiry internship invoice invoices invoicing it itsupport jobs kontakt
    kundenservice kundendienst legal list list-request lists mail mailbox mailer-daemon mailing mailman
    mailserver marketing media members membership news newsletter no-reply nobody noc noreply no_reply
    notification notifications notify office officemanager operations ops order orders orga partner partners
    parts payable payment payments payroll personal postbox postfach postmaster post press presse privacy
    procurement public purchase purchasing qa receipts reception recepcion recruiting recruitment redaktion
    register registrar remove reply request requests reservations reservas returns robot root rsvp sales salg
    secretariat security sekretariat service services servicedesk shared shipping shop signup spam staff store
    subscribe subscriptions suporte support supporto sysadmin system team tech technik technical test testing
    ticket tickets training undisclosed undisclosed-recipients unsubscribe updates usenet user users uucp
    ventas verkauf verwaltung vertrieb web webadmin webmaster website welcome widerruf www
    """.split()
)

# Providers where a mailbox says nothing about an employer. Sources: the providers' own sign-up pages, and HubSpot's
# published list of free e-mail domains (https://knowledge.hubspot.com/forms/what-domains-are-blocked-when-using-the-forms-email-domains-to-block-feature).
FREE_MAIL_DOMAINS = frozenset(
    """
    126.com 139.com 163.com 189.cn abv.bg aim.com alice.it aliceadsl.fr aliyun.com aol.co.uk aol.com aol.de
    aol.fr arcor.de att.net bellsouth.net bigpond.com bigpond.net.au bk.ru bluewin.ch bol.com.br bt.com
    btinternet.com btopenworld.com cableone.net centrum.cz centurylink.net charter.net comcast.net cox.net
    daum.net duck.com earthlink.net email.com email.cz email.de eircom.net fastmail.com fastmail.fm
    foxmail.com free.fr freemail.hu freenet.de frontier.com gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.fr
    gmx.net gmx.us googlemail.com hanmail.net hey.com home.nl hotmail.be hotmail.ca hotmail.ch hotmail.co.jp
    hotmail.co.uk hotmail.com hotmail.com.br hotmail.de hotmail.es hotmail.fr hotmail.it hotmail.nl hotmail.se
    hush.com hushmail.com icloud.com ig.com.br inbox.com inbox.lv inbox.ru interia.pl juno.com kolumbus.fi
    kpnmail.nl laposte.net libero.it list.ru live.at live.be live.ca live.cn live.co.uk live.com live.com.au
    live.com.mx live.de live.dk live.fr live.ie live.it live.jp live.nl live.no live.se luukku.com lycos.com
    mac.com mail.bg mail.com mail.de mail.ee mail.ru mailbox.org mailfence.com mailinator.com me.com
    mindspring.com msn.com mweb.co.za mynet.com naver.com neuf.fr netscape.net netzero.net ntlworld.com o2.pl
    office365.com onet.eu onet.pl online.de online.no optonline.net optusnet.com.au orange.fr outlook.at
    outlook.be outlook.co.uk outlook.com outlook.com.br outlook.de outlook.es outlook.fr outlook.it outlook.jp
    outlook.pt passport.com planet.nl pm.me poczta.fm posteo.de poste.it posteo.net proton.me protonmail.ch
    protonmail.com qq.com rambler.ru rediffmail.com rocketmail.com rogers.com sapo.pt sbcglobal.net seznam.cz
    sfr.fr shaw.ca sina.cn sina.com sky.com skynet.be sohu.com spray.se suddenlink.net sympatico.ca
    t-online.de talktalk.net telenet.be telefonica.net telia.com telus.net terra.com.br terra.es tin.it
    tiscali.co.uk tiscali.it tuta.com tuta.io tutanota.com ukr.net uol.com.br verizon.net videotron.ca
    virgilio.it virgin.net virginmedia.com vodafone.de vodafone.it volny.cz wanadoo.es wanadoo.fr wanadoo.nl
    walla.co.il web.de windowslive.com windstream.net wp.pl xs4all.nl xtra.co.nz ya.ru yahoo.ca yahoo.cn
    yahoo.co.id yahoo.co.in yahoo.co.jp yahoo.co.kr yahoo.co.nz yahoo.co.th yahoo.co.uk yahoo.co.za yahoo.com
    yahoo.com.ar yahoo.com.au yahoo.com.br yahoo.com.cn yahoo.com.hk yahoo.com.mx yahoo.com.my yahoo.com.ph
    yahoo.com.sg yahoo.com.tr yahoo.com.tw yahoo.com.vn yahoo.de yahoo.dk yahoo.es yahoo.fr yahoo.gr yahoo.ie
    yahoo.in yahoo.it yahoo.no yahoo.pl yahoo.ro yahoo.se yandex.com yandex.ru yeah.net ymail.com zoho.com
    zohomail.com
    """.split()
)


# What an address of a role can start with: most others are told by their first three characters.
_STARTS = frozenset(f"{word}{end}"[:3] for word in ROLE_MAILBOXES for end in ("", *"@+0123456789"))


def is_role_mailbox(email: str) -> bool:
    """Whether a cleaned e-mail address is a role mailbox (info@, no-reply+x@, support2@): it identifies no person."""
    if email[:3] not in _STARTS:
        return False
    local = email.partition("@")[0]
    if local.isalpha():
        return local in ROLE_MAILBOXES
    word = local.partition("+")[0]
    return word in ROLE_MAILBOXES or (len(word) > 5 and word.rstrip("0123456789") in ROLE_MAILBOXES)


def is_free_mail(domain: str) -> bool:
    """Whether anybody can sign up for a mailbox at this cleaned domain."""
    return domain in FREE_MAIL_DOMAINS
